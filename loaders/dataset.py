"""A standardized split: a sequence of samples over memory-mapped Arrow rows, with exports that keep columns, ids and order."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from mmbench.errors import UserError
from mmbench.files import read_json
from mmbench.loaders import exports
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.decoding import DecodedSample, decoded
from mmbench.loaders.sources import Detached
from mmbench.loaders.splits import stable_fraction
from mmbench.loaders.stored import StoredRows
from mmbench.loaders.verdicts import verdict
from mmbench.samples import Modality, Sample

if TYPE_CHECKING:
    import datasets
    import pandas as pd

Evidence = Literal["pinned-content", "transport-verified", "locked", "generated-differs", "unpinned"]
Change: TypeAlias = Callable[
    [Sample, int, "PairedDataset"], Sample
]  # a sample, its place in the split, the split as it is
Altered: TypeAlias = Callable[[Sample, int], Sample]


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
        rows: StoredRows,
        *,
        card: DatasetCard,
        split: str,
        revision: str,
        evidence: Evidence,
        alter: Altered | None = None,
    ) -> None:
        self.card = card
        self.split = split
        self.revision = revision
        self.evidence: Evidence = evidence
        self._rows = rows
        self._alter = alter

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "PairedDataset": ...
    def __getitem__(self, index: int | slice) -> "Sample | PairedDataset":
        if isinstance(index, slice):
            return self._with(self._rows[index])
        sample = self._rows[index]
        return sample if self._alter is None else self._alter(sample, int(self._rows.indices[index]))

    def __iter__(self) -> Iterator[Sample]:
        if self._alter is None:
            return iter(self._rows)
        return (self._alter(sample, int(row)) for sample, row in zip(self._rows, self._rows.indices, strict=True))

    def __getstate__(self) -> dict[str, Any]:
        """Rows by the path of their file; the card without its source, whose functions do not pickle."""
        return {**self.__dict__, "card": self.card.model_copy(update={"source": Detached()})}

    def __repr__(self) -> str:
        return f"PairedDataset({self.card.key!r}, split={self.split!r}, {len(self)} samples, {self.evidence})"

    @property
    def ids(self) -> list[str]:
        """The ids, in order, without reading any content."""
        return self._rows.column("id")

    @property
    def groups(self) -> list[str | None]:
        """The groups, in order, without reading any content."""
        return self._rows.column("group")

    @property
    def targets(self) -> list[Any]:
        """The targets, in order, without reading any content."""
        return [json.loads(value) for value in self._rows.column("target")]

    @property
    def files(self) -> list[tuple[str, Path, str]]:
        """The files behind the split as ``(name, path, sha256 when it was built)``: its rows, and what they were made from."""
        manifest = read_json(self._rows.path.parent / "manifest.json")
        rows = next(one for one in manifest["splits"].values() if one["file"] == self._rows.path.name)
        found = [(self._rows.path.name, self._rows.path, str(rows["sha256"]))]
        for name, sha256 in manifest["files"].items():
            root, _, relative = name.partition(":")
            if root in self._rows.roots:
                found.append((name, self._rows.roots[root] / relative, sha256))
        return found

    @property
    def fingerprint(self) -> str:
        """The sha256 over the samples' fingerprints in order."""
        return fingerprint_of(self._rows.column("fingerprint"))

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

    @property
    def checks(self) -> Mapping[str, Any] | None:
        """What checks on this machine last said of the split: ``report`` (digest), ``failed``, ``splits``; ``None`` where none ran."""
        return verdict(self.fingerprint)

    def facets(self, modality: Modality, language: str | None = None) -> list[tuple[int, int, str]]:
        """Which content of one kind the split holds, without reading any of it.

        Args:
            modality: the kind.
            language: only parts in this language; ``None`` for any.

        Returns:
            per part ``(position of its sample, its number among the sample's parts of this kind, fingerprint)``, in order.
        """
        return self._rows.facets(modality, language)

    def labels(self) -> Iterator[Sample]:
        """Every sample with its texts and without its media and features, in order: what is right, quickly."""
        return self._rows.labels()

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
        return self._at([position for position, name in enumerate(names) if name in kept])

    def altered(self, change: Change) -> "PairedDataset":
        """The split with every sample changed when it is read. Ids, groups, targets, ``facets`` and the fingerprint stay those of the
        split as it is; so does what ``decoded`` gives.

        Args:
            change: given the sample, its place in the whole split, and the whole split unchanged. Of several, the first is done first.
        """  # noqa: D205
        before, whole = self._alter, self._whole()

        def alter(sample: Sample, row: int) -> Sample:
            return change(sample if before is None else before(sample, row), row, whole)

        return self._with(self._rows, alter)

    def decoded(self, *, workers: int = 0) -> Iterator[DecodedSample]:
        """Every sample with its media decoded, in order; ``workers`` processes decode in the background.

        A sample whose media cannot be decoded comes with the ``MediaError`` in their place, and the rest goes on.
        """
        return decoded(self._rows, workers=workers)

    def select_ids(self, ids: Sequence[str]) -> "PairedDataset":
        """The samples with these ids, in the order given. ``UserError`` names an id that is not in the split."""
        position = {key: i for i, key in enumerate(self.ids)}
        missing = [key for key in ids if key not in position]
        if missing:
            raise UserError(
                f"{self.card.key} {self.split} has no sample {missing[0]!r} ({len(missing)} of {len(ids)} ids are unknown)."
            )
        return self._at([position[key] for key in ids])

    def to_datasets(self) -> "datasets.Dataset":
        """The rows as a Hugging Face ``datasets.Dataset`` (memory-mapped)."""
        import datasets

        return datasets.Dataset.from_file(str(self._rows.path)).select(self._rows.indices)

    def to_pandas(self) -> "pd.DataFrame":
        """One row per sample: ``id, texts, languages, images, audios, options, target, group, meta``; media as their fingerprints."""
        import pandas as pd

        return pd.DataFrame([exports.flat(sample) for sample in self], columns=list(exports.COLUMNS))

    def to_parquet(self, path: str | Path) -> Path:
        """Write the standardized columns, media bytes inside, as one Parquet file; returns its path."""
        return exports.write_parquet(self, Path(path))

    def to_webdataset(self, folder: str | Path, *, shard_size: int = 1000) -> list[Path]:
        """Write tar shards ``<split>-000000.tar`` for ``webdataset`` and a manifest ``<split>.json``; returns the shards.

        Per sample a ``.json`` that says everything but the media, and a file per picture, sound and array (``0.png``, ``1.flac``,
        ``2.npy``). The key inside a shard is the sample's position, since ids may hold dots, which end a webdataset key.
        ``mmbench.loaders.webdataset.import_webdataset`` reads the same samples back.
        """
        from mmbench.loaders.webdataset import write_webdataset

        return write_webdataset(self, Path(folder), self.facts, shard_size)

    def _at(self, positions: Sequence[int]) -> "PairedDataset":
        return self._with(self._rows.at(self._rows.indices[np.asarray(positions, dtype=np.int64)]))

    def _with(self, rows: StoredRows, alter: Altered | None = None) -> "PairedDataset":
        return PairedDataset(
            rows,
            card=self.card,
            split=self.split,
            revision=self.revision,
            evidence=self.evidence,
            alter=alter or self._alter,
        )

    def _whole(self) -> "PairedDataset":
        rows = StoredRows(self._rows.path, self._rows.roots)
        return PairedDataset(rows, card=self.card, split=self.split, revision=self.revision, evidence=self.evidence)


def fingerprint_of(fingerprints: Sequence[str]) -> str:
    """The fingerprint of a split: sha256 over its samples' fingerprints in order."""
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()
