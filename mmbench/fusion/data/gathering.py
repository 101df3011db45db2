"""Content as distinct entries of steps: each different part is pooled or embedded once, however many rows show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mmbench.engines.features import Cache, embeddings
from mmbench.errors import UserError
from mmbench.fusion.blocks import Floats, Mask
from mmbench.fusion.data.pooling import pooled
from mmbench.models import LoadedModel
from mmbench.runs.parts import joined
from mmbench.samples import FeaturesPart, Modality, Part, Sample
from mmbench.tasks.base import Output

AHEAD = 32  # batches of parts that are held before they are embedded


@dataclass(frozen=True, slots=True)
class Entries:
    """The distinct parts of one modality.

    Attributes:
        values: float32 ``(S, d)``, the steps of one entry after another, zeros where ``mask`` hides one.
        mask: bool ``(S,)``.
        starts: int64 ``(k + 1,)``, where the steps of each entry begin, and the end.
        defects: per name of a defect int64 ``(k,)``: how often each entry has it.
        encoder, revision: what made them.
        failures: reasons of those that could not be embedded.
    """

    values: Floats = field(repr=False)
    mask: Mask = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    defects: Mapping[str, NDArray[np.int64]] = field(repr=False)
    encoder: str
    revision: str
    failures: Sequence[str] = ()

    @property
    def width(self) -> int:
        """The features of a step."""
        return int(self.values.shape[1])

    def lengths(self) -> NDArray[np.int64]:
        """``(k,)`` steps per entry; 0 where none of them can be used."""
        steps = np.diff(self.starts)
        usable = np.concatenate([[0], np.cumsum(self.mask)])
        found: NDArray[np.int64] = np.where(np.diff(usable[self.starts]) > 0, steps, 0)
        return found


class Gatherer(Protocol):
    """Takes parts one by one and says which entry each is."""

    def entry(self, sample: Sample, part: Part) -> int:
        """The number of the part's entry."""
        ...

    def close(self) -> Entries:
        """All entries; nothing can be added any more."""
        ...


class FeaturesGatherer:
    """Published features, pooled and put into a file step after step, since they may be larger than memory.

    Args:
        name: of the features.
        path: the file.
        most: steps that are kept of a part.
        revision: of the dataset.
    """

    def __init__(self, name: str, path: Path, most: int, revision: str) -> None:
        self._name, self._path, self._most, self._revision = name, path, most, revision
        self._known: dict[str, int] = {}
        self._masks: list[Mask] = []
        self._bad: list[int] = []
        self._shortened: list[int] = []
        self._width: int | None = None

    def entry(self, sample: Sample, part: Part) -> int:
        """The number of the part's entry. ``UserError`` where features of one name differ in shape."""
        if not isinstance(part, FeaturesPart):
            raise UserError(
                f"Sample {sample.id!r} has {self._name!r} as raw {part.modality} where others have features: bring them for all."
            )
        key = part.fingerprint
        if key not in self._known:
            self._known[key] = len(self._masks)
            self._add(sample, part)
        return self._known[key]

    def close(self) -> Entries:
        """All entries, memory-mapped."""
        mask = np.concatenate(self._masks)
        shape = (len(mask), self._width or 0)
        empty = 0 in shape  # nothing can be mapped
        values = np.zeros(shape, np.float32) if empty else np.memmap(self._path, np.float32, "r", shape=shape)
        return Entries(
            values,
            mask,
            np.concatenate([[0], np.cumsum([len(one) for one in self._masks])]).astype(np.int64),
            {"steps_not_finite": np.asarray(self._bad), "shortened": np.asarray(self._shortened)},
            "published features",
            self._revision,
        )

    def _add(self, sample: Sample, part: FeaturesPart) -> None:
        if part.values.ndim != 2 or part.values.shape[1] not in ({self._width} if self._width else range(1, 1 << 31)):
            wanted = f"(T, {self._width or 'D'})"
            raise UserError(
                f"The features {self._name!r} of sample {sample.id!r} have the shape {part.values.shape} where {wanted} was expected: "
                "give all samples the same number of features."
            )
        self._width = part.values.shape[1]
        values, mask, bad = pooled(part.values, self._most)
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(values).tobytes())
        self._masks.append(mask)
        self._bad.append(bad)
        self._shortened.append(int(len(part.values) > self._most))


class EncodedGatherer:
    """Raw content, embedded by a frozen model a few batches at a time.

    Args:
        modality: the kind of content.
        model: embeds it.
        batch_size: parts per call.
        cache: gives what was embedded before.
    """

    def __init__(self, modality: Modality, model: LoadedModel, batch_size: int, cache: Cache | None) -> None:
        self._modality, self._model, self._batch_size, self._cache = modality, model, batch_size, cache
        self._known: dict[str, int] = {}
        self._waiting: list[Sample] = []
        self._found: list[Output] = []

    def entry(self, sample: Sample, part: Part) -> int:
        """The number of the part's entry: equal content is one."""
        key = part.fingerprint
        if key not in self._known:
            self._known[key] = len(self._known)
            self._waiting.append(Sample(key, (part,)))
            if len(self._waiting) == AHEAD * self._batch_size:
                self._embed()
        return self._known[key]

    def close(self) -> Entries:
        """All entries: one step each, hidden where embedding failed. ``UserError`` where all failed, with the first reason."""
        self._embed()
        failures = [reason for output in self._found for reason in output.errors.values()]
        if len(failures) == len(self._known):
            raise UserError(
                f"{self._model.card.name} could embed no {self._modality} ({failures[0]}): choose another encoder for it."
            )
        values = joined([np.asarray(output.values) for output in self._found]).astype(np.float32)
        mask = np.asarray(np.isfinite(values).all(axis=1))
        failed: NDArray[np.int64] = (~mask).astype(np.int64)
        return Entries(
            np.where(mask[:, None], values, np.float32(0)),
            mask,
            np.arange(len(values) + 1, dtype=np.int64),
            {"failed": failed},
            self._model.label or self._model.spec or self._model.card.name,
            str(self._model.revision),
            failures,
        )

    def _embed(self) -> None:
        if self._waiting:
            shown = frozenset({self._modality})
            output = embeddings(
                self._model, self._waiting, modalities=shown, batch_size=self._batch_size, cache=self._cache
            )
            self._found.append(output)
            self._waiting = []
