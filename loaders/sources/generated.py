"""Data that mmbench makes itself: a function of a seed, the same bytes on every machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from mmbench.loaders.sources.base import Build, Inputs, Roots, Source
from mmbench.samples import Sample

Make: TypeAlias = Callable[[Mapping[str, int]], Iterator[tuple[str, Sample]]]
TWIN_ROWS = 8


@dataclass(frozen=True, slots=True)
class GeneratedSource:
    """A dataset out of nothing.

    What it makes depends on no library's version, no processor and no file, so that a card can pin its content; content that
    differs is refused, not excused, and that is why ``generator`` is empty.

    Attributes:
        name: of the generator and its seed; part of the revision.
        version: of the generator: bumped where it makes other samples.
        make: samples per split to ``(split, sample)``, a pure function.
        sizes: samples per split.
    """

    name: str
    version: int
    make: Make = field(repr=False)
    sizes: Mapping[str, int]

    @property
    def generator(self) -> str:
        """Nothing that a machine could generate otherwise."""
        return ""

    @property
    def build(self) -> Build:
        """The samples of all splits."""
        return self._build

    def for_split(self, split: str) -> Source:
        """Itself: one pass makes all splits."""
        return self

    def locate(self) -> Roots:
        """Nothing lies anywhere."""
        return {}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """The generator's name and version; there are no files."""
        sizes = "/".join(map(str, self.sizes.values()))
        return Inputs({}, f"{self.name} version {self.version}, {sizes} samples", {})

    def twin(self, splits: Sequence[str], folder: Path) -> "GeneratedSource":
        """The same generator with eight samples per split; nothing is written to ``folder``."""
        return replace(self, sizes=dict.fromkeys(splits, TWIN_ROWS))

    def _build(self, roots: Roots) -> Iterator[tuple[str, Sample]]:
        return self.make(self.sizes)
