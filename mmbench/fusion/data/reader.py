"""One pass over the samples of a task: targets, what is known beside them, and which distinct part each row shows of each modality."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from mmbench.engines.features import Cache
from mmbench.errors import UserError
from mmbench.fusion.blocks import Problem
from mmbench.fusion.data.gathering import EncodedGatherer, Entries, FeaturesGatherer, Gatherer
from mmbench.fusion.data.problems import WORKING, problem_of, targets_of
from mmbench.fusion.data.rows import Fold, Rows, parts_of, text_of
from mmbench.models import LoadedModel
from mmbench.samples import FeaturesPart, Modality, Part, Sample
from mmbench.tasks.base import Ask, Task

FACTS = ("speaker", "show")  # keys of ``meta`` that a shortcut could use
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Read:
    """A split of a fold as it was read.

    Attributes:
        ids, clusters, targets: one per row.
        facts: per fact a value per row, ``""`` where a row has none.
        entries: per modality int64 ``(n,)``, the number of the row's part among the distinct ones, -1 for none.
    """

    ids: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    targets: list[object] = field(default_factory=list)
    facts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in (*FACTS, TEXT)})
    entries: dict[str, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that was read of a task.

    Attributes:
        problem: what is to be predicted.
        folds: per fold its splits.
        entries: the distinct parts per modality, in the order in which training rows show them.
        facts: the names of those that some row has.
        warnings: sentences.
    """

    problem: Problem
    folds: Mapping[str, Mapping[str, Read]] = field(repr=False)
    entries: Mapping[str, Entries] = field(repr=False)
    facts: Sequence[str]
    warnings: Sequence[str]


class Takers(Protocol):
    """What takes the parts of each modality."""

    @property
    def models(self) -> Mapping[Modality, LoadedModel]:
        """The encoder of each raw modality."""
        ...

    def gatherer(self, name: str, part: Part, number: int) -> Gatherer:
        """For the modality of which this is the first part."""
        ...


@dataclass(frozen=True, slots=True)
class Pools:
    """Where distinct parts go.

    Attributes:
        folder: for arrays that may be larger than memory.
        models: the encoder of each raw modality.
        max_steps: that are kept of a part.
        revision: of the dataset.
        batch_size: parts per call of an encoder.
        cache: of embeddings.
    """

    folder: Path
    models: Mapping[Modality, LoadedModel]
    max_steps: int
    revision: str
    batch_size: int
    cache: Cache | None

    def gatherer(self, name: str, part: Part, number: int) -> Gatherer:
        """For the modality of which this is the first part."""
        if isinstance(part, FeaturesPart):
            return FeaturesGatherer(name, self.folder / f"steps.{number}", self.max_steps, self.revision)
        return EncodedGatherer(part.modality, self.models[part.modality], self.batch_size, self.cache)


class Reader:
    """Reads fold after fold.

    Args:
        task: that is read.
        ask: how it asks.
        pools: take the parts.
        progress: show a bar.
    """

    def __init__(self, task: Task, ask: Ask, pools: Takers, *, progress: bool) -> None:
        self._task, self._ask, self._pools, self._progress = task, ask, pools, progress
        self._gatherers: dict[str, Gatherer] = {}
        self._folds: dict[str, dict[str, Read]] = {}
        self._options: set[tuple[str, ...]] = set()

    def read(self, fold: Fold) -> None:
        """Read the splits of a fold, train first. ``UserError`` for samples of which fusion methods can make nothing."""
        self._folds[fold.name] = {
            split: self._split(rows, f"{fold.name} {split}") for split, rows in fold.splits.items()
        }

    def done(self) -> Gathered:
        """What was read.

        Raises:
            UserError: fewer than two modalities in training rows, one label, hardly any answer of test among those of train, or an
                encoder that could embed nothing.
        """
        seen = {
            name
            for splits in self._folds.values()
            for name, held in splits["train"].entries.items()
            if (held >= 0).any()
        }
        names = [name for name in self._gatherers if name in seen]
        if len(names) < 2:
            shown = ", ".join(names) or "nothing"
            raise UserError(f"{self._task.id} shows {shown} in training rows, and there is nothing to fuse: {WORKING}")
        self._unused_encoders()
        problem = problem_of(self._task, (one for splits in self._folds.values() for one in splits["train"].targets))
        self._answerable(problem)
        entries = {name: self._gatherers[name].close() for name in names}
        facts = [name for name in (*FACTS, TEXT) if any(any(read.facts[name]) for read in self._reads())]
        absent = self._absent(problem)
        later = [f"{name} is in no training row: it is left out." for name in self._gatherers if name not in seen]
        failed = [
            f"{len(one.failures)} different parts of {name} could not be embedded (the first: {one.failures[0]})."
            for name, one in entries.items()
            if one.failures
        ]
        return Gathered(problem, self._folds, entries, facts, [*absent, *later, *failed])

    def _split(self, rows: Rows, title: str) -> Read:
        read = Read()
        total = len(rows.samples)
        bar = tqdm(
            rows.samples, total=total, desc=f"{self._task.id}: {title}", unit=" rows", leave=False,
            disable=None if self._progress else True,
        )  # fmt: skip
        for row, sample in enumerate(bar):
            self._row(read, row, total, sample)
            cluster, meta = rows.beside[sample.id]
            read.clusters.append(cluster)
            for name in FACTS:
                read.facts[name].append("" if meta.get(name) is None else str(meta[name]))
        return read

    def _row(self, read: Read, row: int, total: int, sample: Sample) -> None:
        read.ids.append(sample.id)
        read.targets.append(sample.target)
        read.facts[TEXT].append(text_of(sample))
        self._options.add(sample.options)
        if self._ask == "generate" and len(self._options) > 1:
            raise UserError(
                f"{self._task.id} asks to choose among options that each question has of its own, and fusion methods have one list of "
                f"classes: {WORKING}"
            )
        for name, part in parts_of(sample).items():
            if name not in self._gatherers:
                self._gatherers[name] = self._pools.gatherer(name, part, len(self._gatherers))
            if name not in read.entries:
                read.entries[name] = np.full(total, -1, dtype=np.int64)
            read.entries[name][row] = self._gatherers[name].entry(sample, part)

    def _unused_encoders(self) -> None:
        """An encoder that was asked for and has nothing to do is a mistake that would go unseen."""
        for name, gatherer in self._gatherers.items():
            model = self._pools.models.get(Modality(name)) if name in set(Modality) else None
            if isinstance(gatherer, FeaturesGatherer) and model is not None and model.card.name != "frozen-features":
                raise UserError(
                    f"An encoder was given for {name!r}, and {self._task.id} has features of that name, which are used: leave it out."
                )

    def _answerable(self, problem: Problem) -> None:
        """Sentences of one's own, as captions, are no classes."""
        wanted = [one for splits in self._folds.values() for one in splits["test"].targets]
        unknown = int((targets_of(problem, wanted) < 0).sum()) if problem.classes else 0
        if 2 * unknown > len(wanted):
            raise UserError(
                f"{unknown} of {len(wanted)} answers of {self._task.id} are none of its training answers, and fusion methods choose among "
                f"these: {WORKING}"
            )

    def _absent(self, problem: Problem) -> list[str]:
        """A sentence where classes have no training row."""
        learned = {str(one) for splits in self._folds.values() for one in splits["train"].targets}
        missing = [name for name in problem.classes if name not in learned]
        return [f"No training row is {' or '.join(missing)}: no method can learn to say so."] if missing else []

    def _reads(self) -> Iterable[Read]:
        return (read for splits in self._folds.values() for read in splits.values())
