"""Data in a dataset repository of the Hugging Face hub, or of a mirror of it: one commit, every file hashed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.loaders.folders import cache_folder
from mmbench.loaders.layouts import data_files, matching
from mmbench.loaders.sources.base import Build, Inputs, Roots, Source
from mmbench.loaders.tables import Row, Table, format_of, read_rows
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Sample

if TYPE_CHECKING:
    from mmbench.loaders.hub import RemoteFile

ROOT = "hub"
README = "README.md"
Rows: TypeAlias = Mapping[str, Callable[[], Iterator[Row]]]  # per table a fresh pass over its rows
ToSamples: TypeAlias = Callable[[Rows, str], Iterator[Sample]]  # (tables, name of the card's split)


@dataclass(frozen=True, slots=True)
class HubSource:
    """A dataset repository at one commit.

    Attributes:
        repo: ``namespace/name``.
        revision: the commit, 40 hex digits; where the card knows none, ``main`` is resolved once into the user's ``mmbench.lock``.
        tables: what the upstream's files hold, by names of the card's own.
        samples: rows of these tables to the samples of a split, in the order of the split.
        splits: the card's name of a split to the upstream's, where they differ.
        mirror: a folder that holds the repository's files; nothing is fetched then, and nothing is verified.
        only: the card's split that this source is narrowed to.
    """

    repo: str
    revision: str | Unknown
    tables: Mapping[str, Table]
    samples: ToSamples = field(repr=False)
    splits: Mapping[str, str] = field(default_factory=dict)
    mirror: Path | None = None
    only: str | None = None

    @property
    def upstream(self) -> str:
        """The repository and its commit, for people."""
        return f"{self.repo}@{self.revision if isinstance(self.revision, str) else 'main, as mmbench.lock resolves it'}"

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    def for_split(self, split: str) -> Source:
        """The same repository with the files of one split."""
        return replace(self, only=split)

    def inputs(self, *, progress: bool = False) -> Inputs:
        """The files of the split as the hub's tree names them at the commit. Of the data nothing is fetched."""
        if self.mirror is not None:
            return self._mirrored(self.mirror)

        sha = self._commit()
        files = {f"{ROOT}:{file.path}": file.sha256 or f"git-sha1:{file.git_sha1}" for file in self._remote(sha)}
        folder = _folder_of(self.repo, sha)
        pinned = isinstance(self.revision, str)
        return Inputs({ROOT: folder}, f"{self.repo}@{sha}", files, "transport-verified" if pinned else "locked")

    def fetch(self, *, progress: bool = False) -> None:
        """Download the split's files; every one equals the hub's tree at the commit."""
        if self.mirror is None:
            from mmbench.loaders import hub

            sha = self._commit()
            hub.fetch(self.repo, sha, self._remote(sha), cache=cache_folder(), progress=progress)

    def missing(self) -> Mapping[str, int]:
        """Bytes per path of what ``fetch`` would download; asks the hub for the list of files, once."""
        if self.mirror is not None:
            return {}
        from mmbench.loaders import hub

        sha = self._commit()
        return {
            file.path: file.size
            for file in self._remote(sha)
            if not hub.present(self.repo, sha, [file], cache=cache_folder())
        }

    def drop(self) -> int:
        """Delete the split's files but for tars, which rows refer to."""
        if self.mirror is not None:
            return 0
        folder = self.locate()[ROOT]
        freed = 0
        for path in (folder / file.path for file in self._remote(self._commit())):
            if format_of(path.name) != "tar" and path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def locate(self) -> Roots:
        """The folder of the commit, without a request. ``UserError`` where too little was fetched to say what the split's files are."""
        if self.mirror is not None:
            return {ROOT: self.mirror}
        from mmbench.loaders import hub

        sha = self._known_commit()
        listed = None if sha is None else hub.cached_tree(self.repo, sha, cache=cache_folder())
        folder = None if sha is None else _folder_of(self.repo, sha)
        paths = [file.path for file in listed or ()]
        if folder is None or listed is None or (self._reads_readme(paths) and not (folder / README).is_file()):
            raise UserError(f"{self.repo} is not downloaded: run mmbench download with the dataset's key.")
        if self.only is not None:
            self._wanted(paths, _text(folder / README))  # of a layout that changed nothing can have been built
        return {ROOT: folder}

    def twin(self, splits: Sequence[str], folder: Path) -> "HubSource":
        """This source over a small made-up repository in the declared schema, written to ``folder``."""
        from mmbench.loaders.twins import write_twin

        return replace(self, mirror=write_twin(self, splits, folder))

    @property
    def build(self) -> Build:
        """The samples of the split that the source is narrowed to."""
        return self._build

    def _build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        if self.only is None:
            raise ValueError("a hub source is built split by split: narrow it with for_split")
        folder = roots[ROOT]
        paths, readme = self._listed(folder), _text(folder / README)
        rows = {
            name: partial(read_rows, [folder / path for path in self._files(table, paths, readme)], table.columns)
            for name, table in self.tables.items()
        }
        for sample in self.samples(rows, self.only):
            yield self.only, sample

    def _mirrored(self, folder: Path) -> Inputs:
        wanted = self._wanted(_paths_under(folder), _text(folder / README))
        files = {f"{ROOT}:{path}": file_sha256(folder / path) for path in wanted}
        return Inputs({ROOT: folder}, f"{self.repo} in {folder.name}", files)

    def _listed(self, folder: Path) -> Sequence[str]:
        if self.mirror is not None:
            return _paths_under(folder)
        from mmbench.loaders import hub

        sha = self._known_commit()
        listed = None if sha is None else hub.cached_tree(self.repo, sha, cache=cache_folder())
        return _paths_under(folder) if listed is None else [file.path for file in listed]

    def _known_commit(self) -> str | None:
        from mmbench.loaders.lock import locked

        return self.revision if isinstance(self.revision, str) else locked(self.repo)

    def _commit(self) -> str:
        import datetime

        from mmbench.loaders import hub
        from mmbench.loaders.lock import lock

        known = self._known_commit()
        if known is not None:
            return known
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return lock(self.repo, hub.resolve(self.repo), "main", today)

    def _remote(self, sha: str) -> "list[RemoteFile]":
        """The files that the split needs. The README is read first where it says which these are."""
        from mmbench.loaders import hub

        listed = {file.path: file for file in hub.tree(self.repo, sha, cache=cache_folder())}
        readme = None
        if self._reads_readme(listed):
            readme = _text(hub.fetch(self.repo, sha, [listed[README]], cache=cache_folder()).folder / README)
        return [listed[path] for path in self._wanted(list(listed), readme)]

    def _reads_readme(self, paths: Collection[str]) -> bool:
        return README in paths and not all(table.files for table in self.tables.values())

    def _wanted(self, paths: Sequence[str], readme: str | None) -> list[str]:
        found = [path for table in self.tables.values() for path in self._files(table, paths, readme)]
        return sorted(set(found))

    def _files(self, table: Table, paths: Sequence[str], readme: str | None) -> list[str]:
        upstream = self.splits.get(self.only or "", self.only or "")
        named = partial(str.format, split=upstream)
        if not table.files:
            config = None if table.config is None else named(table.config)
            return data_files(paths, readme, config=config, split=named(table.split), repo=self.repo)
        found = matching(paths, [named(pattern) for pattern in table.files])
        if not found:
            raise UserError(
                f"{self.repo} has no file {' or '.join(map(named, table.files))}: the upstream changed its layout, "
                f"or the card is wrong."
            )
        return found


def _folder_of(repo: str, sha: str) -> Path:
    from mmbench.loaders.hub.layout import place

    return place(repo, sha, cache_folder()).files


def _paths_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
