"""A standardized split: a sequence of samples over memory-mapped Arrow rows, with exports that keep columns, ids and order."""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.loaders import exports
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.rows import from_row
from mmbench.loaders.sources import Roots
from mmbench.loaders.splits import stable_fraction
from mmbench.samples import Modality, Sample

if TYPE_CHECKING:
    import datasets
    import pandas as pd

Evidence = Literal["pinned-content", "transport-verified", "locked", "generated-differs", "unpinned"]
BATCH = 256


class PairedDataset(Sequence[Sample]):
    """One split of one dataset.

    A million samples open without being read: rows are memory-mapped, media stay undecoded until ``mmbench.media`` decodes them.

    Attributes:
        card: the dataset's card.
        split: the split's name.
        revision: the upstream state that the rows were made from.
        evidence: what the rows were checked against. ``pinned-content``: the fingerprint committed with the card;
            ``transport-verified``: the hub's tree at the commit that the card pins; ``locked``: the hub's tree at a commit that was
            resolved on this machine and stands in ``mmbench.lock``; ``generated-differs``: another version of a generator gave other
            media; ``unpinned``: nothing.
    """

    def __init__(
        self,
        rows: "datasets.Dataset",
        *,
        card: DatasetCard,
        split: str,
        revision: str,
        evidence: Evidence,
        roots: Roots,
        indices: NDArray[np.int64] | None = None,
    ) -> None:
        self.card = card
        self.split = split
        self.revision = revision
        self.evidence: Evidence = evidence
        self._rows = rows
        self._roots = roots
        self._indices = np.arange(len(rows), dtype=np.int64) if indices is None else indices

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "PairedDataset": ...
    def __getitem__(self, index: int | slice) -> "Sample | PairedDataset":
        if isinstance(index, slice):
            return self._with(self._indices[index])
        row = self._rows.data.slice(int(self._indices[index]), 1).to_pylist()[0]
        return from_row(row, self._roots)

    def __iter__(self) -> Iterator[Sample]:
        for start in range(0, len(self), BATCH):
            taken = self._rows.data.table.take(self._indices[start : start + BATCH])
            for row in taken.to_pylist():
                yield from_row(row, self._roots)

    def __repr__(self) -> str:
        return f"PairedDataset({self.card.key!r}, split={self.split!r}, {len(self)} samples, {self.evidence})"

    @property
    def ids(self) -> list[str]:
        """The ids, in order, without reading any content."""
        return self._column("id")

    @property
    def groups(self) -> list[str | None]:
        """The groups, in order, without reading any content."""
        return self._column("group")

    @property
    def targets(self) -> list[Any]:
        """The targets, in order, without reading any content."""
        return [json.loads(value) for value in self._column("target")]

    @property
    def fingerprint(self) -> str:
        """The sha256 over the samples' fingerprints in order."""
        return fingerprint_of(self._column("fingerprint"))

    @property
    def facts(self) -> dict[str, Any]:
        """What a run records of its data: ``key, split, revision, fingerprint, evidence`` and what pages must say."""
        return {
            "key": self.card.key,
            "title": self.card.title,
            "split": self.split,
            "revision": self.revision,
            "fingerprint": self.fingerprint,
            "evidence": self.evidence,
            "licence": self.card.licence if isinstance(self.card.licence, str) else None,
            "attribution": self.card.attribution,
            "redistributable": self.card.redistributable,
            "toy": self.card.toy,
        }

    def facets(self, modality: Modality, language: str | None = None) -> list[tuple[int, int, str]]:
        """Which content of one kind the split holds, without reading any of it.

        Args:
            modality: the kind.
            language: only parts in this language; ``None`` for any.

        Returns:
            per part ``(position of its sample, its number among the sample's parts of this kind, fingerprint)``, in order.
        """
        places = {int(row): position for position, row in enumerate(self._indices)}
        found: list[tuple[int, int, str]] = []
        row = 0
        for chunk in self._rows.data.column("content").chunks:
            struct = chunk.values  # noqa: PD011  (Arrow, not pandas)
            kinds, tongues, prints = (
                struct.field(name).to_pylist() for name in ("modality", "language", "fingerprint")
            )
            for start, stop in itertools.pairwise(chunk.offsets.to_pylist()):
                parts = [i for i in range(start, stop) if kinds[i] == modality and language in (None, tongues[i])]
                if row in places:
                    found.extend((places[row], number, prints[i]) for number, i in enumerate(parts))
                row += 1
        return sorted(found)

    def limited(self, limit: int, *, seed: int = 0) -> "PairedDataset":
        """The first groups of a seeded shuffle that hold at least ``limit`` samples together: whole groups, in the order of the split.

        A larger limit with the same seed contains a smaller one.
        """
        names = [group if group is not None else key for key, group in zip(self.ids, self.groups, strict=True)]
        sizes = Counter(names)
        kept: set[str] = set()
        total = 0
        for name in sorted(sizes, key=lambda name: stable_fraction(name, f"limit-{seed}")):
            if total >= limit:
                break
            kept.add(name)
            total += sizes[name]
        return self._with(self._indices[[position for position, name in enumerate(names) if name in kept]])

    def select_ids(self, ids: Sequence[str]) -> "PairedDataset":
        """The samples with these ids, in the order given. ``UserError`` names an id that is not in the split."""
        position = {key: i for i, key in enumerate(self.ids)}
        missing = [key for key in ids if key not in position]
        if missing:
            raise UserError(
                f"{self.card.key} {self.split} has no sample {missing[0]!r} ({len(missing)} of {len(ids)} ids are unknown)."
            )
        return self._with(self._indices[[position[key] for key in ids]])

    def to_datasets(self) -> "datasets.Dataset":
        """The rows as a Hugging Face ``datasets.Dataset`` (memory-mapped)."""
        return self._rows.select(self._indices)

    def to_pandas(self) -> "pd.DataFrame":
        """One row per sample: ``id, texts, languages, images, audios, options, target, group, meta``; media as their fingerprints."""
        import pandas as pd

        return pd.DataFrame([exports.flat(sample) for sample in self], columns=list(exports.COLUMNS))

    def to_parquet(self, path: str | Path) -> Path:
        """Write the standardized columns, media bytes inside, as one Parquet file; returns its path."""
        return exports.write_parquet(self, Path(path))

    def to_webdataset(self, folder: str | Path, *, shard_size: int = 1000) -> list[Path]:
        """Write tar shards ``<split>-000000.tar`` for ``webdataset``; returns their paths.

        Per sample a ``.json`` (id, texts, target, group, meta) and a file per picture or sound (``0.png``, ``1.flac``). The key inside a
        shard is the sample's position, since ids may hold dots, which end a webdataset key.
        """
        return exports.write_webdataset(self, Path(folder), self.split, shard_size)

    def _with(self, indices: NDArray[np.int64]) -> "PairedDataset":
        return PairedDataset(
            self._rows,
            card=self.card,
            split=self.split,
            revision=self.revision,
            evidence=self.evidence,
            roots=self._roots,
            indices=indices,
        )

    def _column(self, name: str) -> list[Any]:
        values: list[Any] = self._rows.data.column(name).take(self._indices).to_pylist()
        return values


def fingerprint_of(fingerprints: Sequence[str]) -> str:
    """The fingerprint of a split: sha256 over its samples' fingerprints in order."""
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()
