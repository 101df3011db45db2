"""Data in a pickle that the user has: checked, read by a restricted unpickler, converted once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from mmbench.errors import UserError
from mmbench.files import file_sha256, write_bytes
from mmbench.loaders.sources.base import Build, Inputs, Roots, Source
from mmbench.loaders.unpickling import Encoding, load_arrays
from mmbench.loaders.user_files import UserFile, bring, find_user_file, missing, user_file, was_read
from mmbench.samples import Sample

ROOT = "files"


class Layout(Protocol):
    """How a loaded pickle is laid out."""

    @property
    def encoding(self) -> Encoding:
        """``latin1`` where Python 2 may have written the file."""
        ...

    def samples(self, data: Any) -> Iterator[tuple[str, Sample]]:
        """``(split, sample)`` in the order of the file. ``ValueError`` says in what the data differs from the layout."""
        ...

    def report(self, data: Any) -> dict[str, Any]:
        """Shapes and counted defects per split, as JSON values."""
        ...

    def twin(self) -> Mapping[str, Any]:
        """A small made-up object in this layout, equal in every process."""
        ...


@dataclass(frozen=True, slots=True)
class PickleSource:
    """One pickle, brought by the user.

    Attributes:
        key: the dataset; the folder where its file is looked for.
        name: the file.
        sha256: the sums of the published file; ``None`` where none is known, and then the rows are ``unpinned``.
        layout: how its content becomes samples.
        where: the address that says how to get the file.
        mirror: a folder that holds the file instead (a twin's); ``None`` looks among the user's files.
    """

    key: str
    name: str
    sha256: tuple[str, ...] | None
    layout: Layout = field(repr=False)
    where: str
    mirror: Path | None = None

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    @property
    def build(self) -> Build:
        """Loads the file and maps it. All of it is in memory while it is converted."""
        return self._samples

    def for_split(self, split: str) -> Source:
        """Itself: one file holds all splits."""
        return self

    def locate(self) -> Roots:
        """The file's folder, also where the file was converted and is gone. ``UserError`` says how to bring it."""
        path = find_user_file(self.key, self.name) if self.mirror is None else self.mirror / self.name
        if path is not None and path.is_file():
            return {ROOT: path.parent}
        if self.mirror is not None or not was_read(self.key, self.name):
            raise missing(self.key, self.name, sha256=self.sha256, where=self.where)
        return {}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """The file's sha256, which is its revision; ``transport-verified`` where it is the published one."""
        found = self._found()
        return Inputs(
            {ROOT: found.path.parent},
            f"{self.name} {found.sha256[:12]}",
            {f"{ROOT}:{self.name}": found.sha256},
            "transport-verified" if found.verified else "unpinned",
        )

    def bring(self, file: str | Path) -> Path:
        """Copy the user's file to where this source finds it. ``UserError`` where it is another one."""
        return bring(self.key, file, name=self.name, sha256=self.sha256, where=self.where)

    def report(self) -> dict[str, Any]:
        """What the file on this machine holds: sha256, and per split shapes and counted defects (JSON values)."""
        found = self._found()
        return {"sha256": found.sha256, "verified": found.verified} | pickle_report(found.path, self.layout)

    def twin(self, splits: Sequence[str], folder: Path) -> "PickleSource":
        """This source over a small made-up file of the same layout, written to ``folder/<name>``; its sha256 is another one."""
        import pickle

        write_bytes(folder / self.name, pickle.dumps(dict(self.layout.twin()), protocol=4))
        return replace(self, sha256=None, mirror=folder)

    def _found(self) -> UserFile:
        if self.mirror is None:
            return user_file(self.key, self.name, sha256=self.sha256, where=self.where)
        path = self.locate()[ROOT] / self.name
        return UserFile(path, file_sha256(path), verified=False)

    def _samples(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        path = roots[ROOT] / self.name
        if not path.is_file():
            raise missing(self.key, self.name, sha256=self.sha256, where=self.where)
        data = load_arrays(path, encoding=self.layout.encoding)
        try:
            yield from self.layout.samples(data)
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{path} is not laid out as {self.key} describes: {error}; bring the published file."
            ) from error


def pickle_report(path: str | Path, layout: Layout) -> dict[str, Any]:
    """Shapes and counted defects of a pickle, per split, as JSON values. Nothing is converted.

    Raises:
        UserError: the file cannot be read, wants something else than data, or is laid out otherwise.
    """
    data = load_arrays(path, encoding=layout.encoding)
    try:
        return {"file": Path(path).name, "splits": layout.report(data)}
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is laid out otherwise: {error}; bring the published file.") from error
