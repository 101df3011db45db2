"""What a layout is: which files of a folder it reads, and how they become samples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mmbench.loaders.own.folder import Folder
from mmbench.loaders.own.survey import Survey
from mmbench.samples import Sample


@dataclass(frozen=True, slots=True)
class Layout:
    """A way of laying out data in a folder.

    Attributes:
        name: for people.
        rank: layouts are asked in ascending order.
        sources: the files of a folder that it reads, other than media; none where the folder is not laid out so.
        read: ``(folder, sources)`` to ``(split, sample)``. A media part whose ``sha256`` is ``""`` is hashed when the split is built.
        leads: whether its files right inside a folder decide how it is read, even where sub-folders have the names of splits.
        survey: as ``read``, to what the samples are, where that is cheaper than reading them.
    """

    name: str
    rank: int
    sources: Callable[[Folder], tuple[str, ...]] = field(repr=False)
    read: Callable[[Folder, Sequence[str]], Iterator[tuple[str, Sample]]] = field(repr=False)
    leads: bool = False
    survey: Callable[[Folder, Sequence[str]], Survey] | None = field(default=None, repr=False)
