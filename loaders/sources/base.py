"""Where a dataset's bytes come from. A source checks its inputs, names their revision and turns them into samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256
from mmbench.samples import MediaPart, Modality, Sample

Roots: TypeAlias = Mapping[str, Path]
Build: TypeAlias = Callable[[Roots], Iterator[tuple[str, Sample]]]  # (split, sample) in the order of the split


@dataclass(frozen=True, slots=True)
class Inputs:
    """A source's inputs as they are on this machine.

    Attributes:
        roots: named folders; stored rows refer to media by root name and relative path.
        revision: what the upstream calls this state of the data (a commit sha, package versions).
        files: per ``root:relative/path`` the sha256 of a file that samples are made from.
        evidence: what the bytes were checked against: ``transport-verified`` (the hub's tree at the commit that the card pins),
            ``locked`` (the same at a commit that this user's ``mmbench.lock`` holds) or ``unpinned`` (nothing).
    """

    roots: Roots
    revision: str
    files: Mapping[str, str]
    evidence: Literal["transport-verified", "locked", "unpinned"] = "unpinned"


@runtime_checkable
class Remote(Protocol):
    """What a source can do besides, where its files come over a network. Its ``inputs`` fetches no data."""

    def missing(self) -> Mapping[str, int]:
        """Bytes per path of what ``fetch`` would bring."""
        ...

    def fetch(self, *, progress: bool = False) -> None:
        """Bring what ``build`` reads onto this machine; what is there already is not fetched again."""
        ...

    def drop(self) -> int:
        """Delete fetched files that rows do not refer to once they are built; returns the bytes freed."""
        ...


@runtime_checkable
class Brought(Protocol):
    """What a source can do besides, where the user has to bring its files."""

    def bring(self, file: Path) -> Path:
        """Copy one of the files to where the source looks for it, checked; returns the new path."""
        ...


@runtime_checkable
class Twinned(Protocol):
    """What a source can do besides, where its schema is declared: a small made-up copy of its files stands in for them."""

    def twin(self, splits: Sequence[str], folder: Path) -> "Source":
        """The same source over a copy that is written to ``folder``."""
        ...


@runtime_checkable
class Source(Protocol):
    """What every source can do."""

    def for_split(self, split: str) -> "Source":
        """What one split needs by itself; the source itself where all splits come out of one pass over the inputs."""
        ...

    def inputs(self, *, progress: bool = False) -> Inputs:
        """Find the inputs and name them by their hashes. ``UserError`` says how to get them where they are missing."""
        ...

    def locate(self) -> Roots:
        """Find the roots only, without fetching or hashing. ``UserError`` where the inputs are not on this machine."""
        ...

    @property
    def generator(self) -> str:
        """Names the code and libraries that generate media, with their versions; ``""`` where nothing is generated."""
        ...

    @property
    def build(self) -> Build:
        """Roots to samples, with the name of the split of each."""
        ...


@dataclass(frozen=True, slots=True)
class Detached:
    """The source of a split that was sent to another process: its rows are there, it cannot be built again."""

    generator: str = ""

    def for_split(self, split: str) -> Source:
        """Itself."""
        return self

    def inputs(self, *, progress: bool = False) -> Inputs:
        """``UserError``."""
        raise UserError("this split came from another process: load the dataset by its key to build it.")

    def locate(self) -> Roots:
        """``UserError``."""
        return self.inputs().roots

    def build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        """``UserError``."""
        self.inputs()
        yield from ()


def file_part(
    roots: Roots, root: str, relative: str, modality: Modality, media_type: str, *, language: str | None = None
) -> MediaPart:
    """A part that refers to a file under a root; the file is hashed here. ``UserError`` where it lies outside its root."""
    path = roots[root] / relative
    if not path.resolve().is_relative_to(roots[root].resolve()):
        raise UserError(f"{relative!r} leads out of the folder of {root!r}: the data is not what it should be.")
    try:
        sha256 = file_sha256(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): the data is incomplete; reinstall the package that brings it."
        ) from error
    return MediaPart(modality, media_type, sha256, sha256, path=str(path), language=language)


def inputs_digest(inputs: Inputs, generator: str) -> str:
    """One sha256 for a revision, its files and the generator: what a cached build is stored under."""
    return digest([inputs.revision, dict(inputs.files), generator])
