"""The rows of a built split as samples: a memory-mapped Arrow file that opens without being read and travels by its path."""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mmbench.loaders.rows import from_row
from mmbench.loaders.sources.base import Roots
from mmbench.samples import Modality, Sample

BATCH = 64  # rows turned into Python objects at a time


class StoredRows(Sequence[Sample]):
    """Some rows of a file, in an order of their own.

    Attributes:
        path: the Arrow stream file.
        roots: the folders that stored paths are relative to.
        indices: ``(n,)`` which rows of the file, in order.
    """

    def __init__(self, path: Path, roots: Roots, indices: NDArray[np.int64] | None = None) -> None:
        self.path, self.roots = path, roots
        self._table = _mapped(path)
        self.indices = np.arange(self._table.num_rows, dtype=np.int64) if indices is None else indices

    def __reduce__(self) -> tuple[Any, ...]:
        return StoredRows, (self.path, dict(self.roots), self.indices)

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "StoredRows": ...
    def __getitem__(self, index: int | slice) -> "Sample | StoredRows":
        if isinstance(index, slice):
            return self.at(self.indices[index])
        row = self._table.slice(int(self.indices[index]), 1).to_pylist()[0]
        return from_row(row, self.roots)

    def __iter__(self) -> Iterator[Sample]:
        for start in range(0, len(self), BATCH):
            for row in self._taken(self.indices[start : start + BATCH]).to_pylist():
                yield from_row(row, self.roots)

    def at(self, indices: NDArray[np.int64]) -> "StoredRows":
        """Other rows of the same file."""
        found = StoredRows.__new__(StoredRows)
        found.path, found.roots, found._table, found.indices = self.path, self.roots, self._table, indices
        return found

    def column(self, name: str) -> list[Any]:
        """The values of one column, in order, without reading any other."""
        values: list[Any] = self._table.column(name).take(self.indices).to_pylist()
        return values

    def facets(self, modality: Modality, language: str | None) -> list[tuple[int, int, str]]:
        """See ``PairedDataset.facets``."""
        places = {int(row): position for position, row in enumerate(self.indices)}
        found: list[tuple[int, int, str]] = []
        row = 0
        for chunk in self._table.column("content").chunks:
            struct = chunk.values
            kinds, tongues, prints = (
                struct.field(name).to_pylist() for name in ("modality", "language", "fingerprint")
            )
            for start, stop in itertools.pairwise(chunk.offsets.to_pylist()):
                parts = [i for i in range(start, stop) if kinds[i] == modality and language in (None, tongues[i])]
                if row in places:
                    found.extend((places[row], number, prints[i]) for number, i in enumerate(parts))
                row += 1
        return sorted(found)

    def labels(self) -> Iterator[Sample]:
        """See ``PairedDataset.labels``."""
        for start in range(0, len(self), BATCH):
            batch = self._taken(self.indices[start : start + BATCH])
            content = batch.column("content").combine_chunks()
            columns = dict(zip(content.type.value_type.names, content.flatten().flatten(), strict=True))
            parts = zip(*(columns[name].to_pylist() for name in ("modality", "text", "language")), strict=True)
            rows = batch.select([name for name in batch.column_names if name != "content"]).to_pylist()
            for row, size in zip(rows, content.value_lengths().to_pylist(), strict=True):
                texts = [one for one in itertools.islice(parts, size) if one[0] == Modality.TEXT]
                held = [{"modality": kind, "text": text, "language": language} for kind, text, language in texts]
                yield from_row({**row, "content": held}, self.roots)

    def _taken(self, indices: NDArray[np.int64]) -> pa.Table:
        """Rows; a run of them is a view of the file, anything else is copied together."""
        first, last = int(indices[0]), int(indices[-1])
        if last - first + 1 == len(indices) and bool(np.all(np.diff(indices) == 1)):
            return self._table.slice(first, len(indices))
        return self._table.take(indices)


@lru_cache(maxsize=8)
def _opened(path: Path, _state: tuple[int, int]) -> pa.Table:
    return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


def _mapped(path: Path) -> pa.Table:
    """The file's table; the same one for as long as the file is the same, so that slices which travel are cheap."""
    facts = path.stat()
    return _opened(path, (facts.st_size, facts.st_mtime_ns))
