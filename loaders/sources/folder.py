"""The user's own data as a source: a folder (or one file in it) whose content identifies it wherever it lies, or rows in memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmbench.errors import UserError
from mmbench.files import digest
from mmbench.loaders.sources.base import Build, Inputs, Roots, Source
from mmbench.samples import Sample

READER = 1  # bumped by any change to how folders and frames become samples, so that old builds are not read


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder of the user's. Media are referenced where they are; nothing is copied.

    Attributes:
        root: the absolute folder.
        only: one file in it, by its relative path, where that alone was asked for.
        columns: upstream columns that the user has said the role of.
    """

    root: Path
    only: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    def for_split(self, split: str) -> Source:
        """Itself: one pass makes all splits."""
        return self

    def locate(self) -> Roots:
        """The folder. ``UserError`` where it is gone."""
        from mmbench.loaders.own.folder import ROOT

        if not self.root.is_dir():
            raise UserError(f"The folder {self.root} is no longer there: name the place that it was moved to.")
        return {ROOT: self.root}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """Every file that samples are made from, hashed. The revision is a digest of names and content, not of the place."""
        from tqdm.auto import tqdm

        from mmbench.loaders.own.folder import ROOT
        from mmbench.loaders.own.hashes import Hashes
        from mmbench.loaders.own.reading import open_content

        roots = self.locate()
        hashes = Hashes(self.root)
        used = open_content(self.root, self.only, dict(self.columns)).used
        bar = tqdm(used, desc="hashing files", unit=" files", disable=None if progress else True, leave=False)
        files = {f"{ROOT}:{name}": hashes.of(self.root / name) for name in bar}
        hashes.save()
        return Inputs(roots, f"sha256:{digest([READER, files, self.only, dict(self.columns)])}", files)

    @property
    def build(self) -> Build:
        """The folder to samples."""
        return self._build

    def _build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        from mmbench.loaders.own.hashes import Hashes
        from mmbench.loaders.own.media import hashed
        from mmbench.loaders.own.reading import open_content, read

        hashes = Hashes(self.root)
        for split, sample in read(open_content(self.root, self.only, dict(self.columns))):
            yield split, hashed(sample, hashes)
        hashes.save()


@dataclass(frozen=True, slots=True)
class FrameSource:
    """Rows that the user holds in memory.

    Attributes:
        rows: makes the samples anew at every call.
        revision: a digest of them.
    """

    rows: Callable[[], Iterator[tuple[str, Sample]]] = field(repr=False)
    revision: str

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    def for_split(self, split: str) -> Source:
        """Itself: one pass makes all splits."""
        return self

    def locate(self) -> Roots:
        """No folder: media are held in the rows."""
        return {}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """No files; the revision is the rows' digest."""
        return Inputs({}, self.revision, {})

    @property
    def build(self) -> Build:
        """The rows as samples."""
        return self._build

    def _build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        return self.rows()
