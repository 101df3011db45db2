"""Data without a public host that can be pinned: files that the user brings, checked, read through declared tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256, write_bytes
from mmbench.loaders.layouts import matching
from mmbench.loaders.sources.base import Build, Inputs, Roots, Source
from mmbench.loaders.sources.hub import HubSource, Rows, ToSamples
from mmbench.loaders.tables import Row, Table, read_rows
from mmbench.loaders.unknown import Unknown
from mmbench.loaders.user_files import bring, find_user_file, missing, user_file, was_read
from mmbench.samples import Sample

ROOT = "files"
Reader: TypeAlias = Callable[[Path], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Expected:
    """A file that the user has to bring.

    Attributes:
        where: the address that says how to get it.
        sha256: the sums of the published file; ``None`` where none is known, and then the rows are ``unpinned``.
        optional: whether the rows can be made without it, with less in them.
    """

    where: str
    sha256: tuple[str, ...] | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class BroughtSource:
    """Files in ``$MMBENCH_FILES/<key>/`` or else in ``<cache folder>/files/<key>/``.

    Attributes:
        key: the dataset; the folder where its files are looked for.
        expects: the files by their paths in that folder.
        tables: what they hold, by names of the card's own; each table names its files, ``{split}`` stands for the split.
        samples: rows of these tables to the samples of a split, in the order of the split.
        readers: further tables, each with the path of a file that no table can describe and what makes rows of it; a table without
            rows where an optional file is not there.
        made: of files with readers, by path, what a twin holds instead of them.
        splits: the card's name of a split to the upstream's, where they differ.
        mirror: a folder that holds the files; nothing is checked then.
        only: the card's split that this source is narrowed to.
    """

    key: str
    expects: Mapping[str, Expected]
    tables: Mapping[str, Table]
    samples: ToSamples = field(repr=False)
    readers: Mapping[str, tuple[str, Reader]] = field(default_factory=dict, repr=False)
    made: Mapping[str, Callable[[], bytes]] = field(default_factory=dict, repr=False)
    splits: Mapping[str, str] = field(default_factory=dict)
    mirror: Path | None = None
    only: str | None = None

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    @property
    def build(self) -> Build:
        """The samples of the split that the source is narrowed to."""
        return self._build

    def for_split(self, split: str) -> Source:
        """The same dataset with the files of one split."""
        return replace(self, only=split)

    def locate(self) -> Roots:
        """The folder of the files; none where they were read once and are gone. ``UserError`` says what to bring."""
        if self.mirror is not None:
            return {ROOT: self.mirror}
        self._require()
        found = {path: find_user_file(self.key, path) for path in self._required()}
        here = {path: file for path, file in found.items() if file is not None}
        return {ROOT: self._folder(here)} if len(here) == len(found) else {}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """The files' sums; ``transport-verified`` where every one of them is a published one."""
        if self.mirror is not None:
            present = [path for path in self._wanted() if (self.mirror / path).is_file()]
            sums = {f"{ROOT}:{path}": file_sha256(self.mirror / path) for path in present}
            return Inputs({ROOT: self.mirror}, f"{self.key} in {self.mirror.name}", sums)
        self._require()
        found = {
            path: user_file(self.key, path, sha256=self.expects[path].sha256, where=self.expects[path].where)
            for path in self._brought()
        }
        sums = {f"{ROOT}:{path}": file.sha256 for path, file in found.items()}
        return Inputs(
            {ROOT: self._folder({path: file.path for path, file in found.items()})},
            f"{', '.join(found)} {digest(sums)[:12]}",
            sums,
            "transport-verified" if all(file.verified for file in found.values()) else "unpinned",
        )

    def bring(self, file: str | Path) -> Path:
        """Copy one of the user's files, recognized by its name, to where this source finds it; returns its new path.

        Raises:
            UserError: it has none of the expected names, or is another file.
        """
        path = next((path for path in self.expects if PurePosixPath(path).name == Path(file).name), None)
        if path is None:
            raise UserError(
                f"{Path(file).name} is none of the files of {self.key}, which are {', '.join(self.expects)}."
            )
        return bring(self.key, file, name=path, sha256=self.expects[path].sha256, where=self.expects[path].where)

    def twin(self, splits: Sequence[str], folder: Path) -> "BroughtSource":
        """This source over small made-up files in the declared schema, which are written to ``folder``; those with readers as ``made``."""
        from mmbench.loaders.twins import write_twin

        shape = HubSource(self.key, Unknown(reason="made up"), self.tables, self.samples, self.splits)
        for path, make in self.made.items():
            write_bytes(folder / path, make())
        return replace(self, mirror=write_twin(shape, splits, folder))

    def _build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        if self.only is None:
            raise ValueError("a source of brought files is built split by split: narrow it with for_split")
        folder = roots[ROOT]
        gone = [path for path in self._required() if not (folder / path).is_file()]
        if gone:
            raise self._missing(gone)
        rows: Rows = {
            name: partial(read_rows, [folder / path for path in self._files(table)], table.columns)
            for name, table in self.tables.items()
        } | {name: partial(_read, folder / path, reader) for name, (path, reader) in self.readers.items()}
        for sample in self.samples(rows, self.only):
            yield self.only, sample

    def _require(self) -> None:
        gone = [path for path in self._required() if not self._was_brought(path)]
        if gone:
            raise self._missing(gone)

    def _was_brought(self, path: str) -> bool:
        return find_user_file(self.key, path) is not None or was_read(self.key, path)

    def _brought(self) -> list[str]:
        """What rows are made of. An optional file that was taken away counts only where nothing can be built any more."""
        buildable = all(find_user_file(self.key, path) is not None for path in self._required())
        return [
            path
            for path in self._wanted()
            if find_user_file(self.key, path) is not None or (not buildable and was_read(self.key, path))
        ]

    def _required(self) -> list[str]:
        return [path for path in self._wanted() if not self.expects[path].optional]

    def _wanted(self) -> list[str]:
        """The files that the split needs; those of all splits where the source is not narrowed."""
        if self.only is None:
            return list(self.expects)
        read = {path for table in self.tables.values() for path in self._files(table)}
        read |= {path for path, _ in self.readers.values()}
        return [path for path in self.expects if path in read]

    def _files(self, table: Table) -> list[str]:
        upstream = self.splits.get(self.only or "", self.only or "")
        return matching(self.expects, [pattern.format(split=upstream) for pattern in table.files])

    def _folder(self, found: Mapping[str, Path]) -> Path:
        folders = {file.parents[len(PurePosixPath(path).parts) - 1] for path, file in found.items()}
        if len(folders) > 1:
            raise UserError(
                f"the files of {self.key} lie in {' and '.join(sorted(map(str, folders)))}: put all of them into one."
            )
        return folders.pop()

    def _missing(self, paths: Sequence[str]) -> UserError:
        """The sentence for files that are not here: each by name, with where to get it, and the place to put it."""
        first = self.expects[paths[0]]
        if len(paths) == 1:
            return missing(self.key, paths[0], sha256=first.sha256, where=first.where)
        by_address: dict[str, list[str]] = {}
        for path in paths:
            by_address.setdefault(self.expects[path].where, []).append(path)
        named = "; ".join(f"{', '.join(those)} ({where} says how to get them)" for where, those in by_address.items())
        return UserError(
            f"{self.key} needs {len(paths)} files that have no public host which can be pinned: {named}; "
            f"put them into {self._place()}."
        )

    def _place(self) -> Path:
        import os

        from mmbench.loaders.folders import cache_folder

        named = os.environ.get("MMBENCH_FILES")
        return (Path(named).expanduser() if named else cache_folder() / "files") / self.key


def _read(path: Path, reader: Reader) -> Iterator[Row]:
    if path.is_file():
        yield from reader(path)
