"""What a task is: a dataset, a split, a protocol and a metric; it says what to ask a model and turns the answers into arrays."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders import DatasetCard, get_card, load_dataset
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import Modality, Request, Role, Sample, SamplePair
from mmbench.tasks.alterations import Applied

Ask: TypeAlias = Literal["embed", "generate", "predict", "score_pairs"]
Load: TypeAlias = Callable[[str], PairedDataset]  # the name of a split to the split
Training: TypeAlias = Callable[[], tuple[Sequence[Sample], Sequence[Sample]]]  # train and validation rows, with targets
T = TypeVar("T")


class Lazy(Sequence[T], Generic[T]):
    """A sequence whose items are made when they are asked for, so that a large split is never held at once."""

    def __init__(self, size: int, make: Callable[[int], T]) -> None:
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        return self._make(index % self._size)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, range(self._size))


@dataclass(frozen=True, slots=True)
class Stage:
    """A list of like things to ask.

    Attributes:
        name: unique in the plan; names the stored outputs.
        ask: which method of the model answers.
        ids: one per item, unique in the stage.
        items: what the model is shown; pairs for ``score_pairs``.
        modalities: the kinds of content that the items hold.
        role: of embedded items.
        instruction: said to embedders that take one.
    """

    name: str
    ask: Ask
    ids: Sequence[str]
    items: Sequence[Sample] | Sequence[Request] | Sequence[SamplePair]
    modalities: frozenset[Modality]
    role: Role | None = None
    instruction: str | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """Stages that one fit serves (a fold, or the whole task). ``training`` is asked for only by models that fit."""

    name: str
    stages: tuple[Stage, ...]
    training: Training


@dataclass(frozen=True, slots=True)
class Output:
    """What a stage came back with.

    Attributes:
        values: arrays ``(n, d)`` (NaN rows where failed), or strings (``None`` where failed), in the order of the stage.
        errors: reason per id of the items that failed.
        truncated: ids of the answers that were cut at ``max_new_tokens``.
    """

    values: NDArray[Any] | Sequence[str | None]
    errors: Mapping[str, str]
    truncated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scored:
    """Per-sample arrays, ready to be aggregated and resampled.

    Attributes:
        ids: one per scored sample.
        arrays: what ``Metric.per_sample`` gave, each ``(n,)``.
        clusters: what the samples share; intervals resample these.
        strata: a label per sample where the score is a mean over strata (folds), else ``None``.
        errors: reason per id of the samples that failed; they are in the arrays with the metric's error value.
        shown: per sample what was predicted and what is right, for people.
        notes: counts that only the answers give (truncated, unread, failures of the judge).
        repeats: how many rows in a row of ``arrays`` stand for the same samples: the first n, then the n again, …
    """

    ids: Sequence[str]
    arrays: Mapping[str, Array]
    clusters: Sequence[str]
    strata: Sequence[int] | None
    errors: Mapping[str, str]
    shown: Mapping[str, Sequence[str | float | None]] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run of a task asks, and how its answers are scored.

    Attributes:
        phases: what to fit and ask, in order.
        score: outputs by stage name to per-sample arrays; a pure function.
        n: samples that will be scored.
        floors: per key the analytic score of knowing nothing; ``None`` where there is none.
        ceilings: per key the best possible score.
        notes: counts that a reader should know (rows without a pair, items merged as duplicates).
        judging: from the outputs of all stages to what a judge is asked; ``score`` then needs the output of that stage too. ``None``
            where no judge decides.
        hidden: the labels are not public: everything can be asked, and nothing can be scored.
    """

    phases: tuple[Phase, ...]
    score: Callable[[Mapping[str, Output]], Scored]
    n: int
    floors: Mapping[str, float | None]
    ceilings: Mapping[str, float | None]
    notes: Mapping[str, int] = field(default_factory=dict)
    judging: Callable[[Mapping[str, Output]], Stage] | None = None
    hidden: bool = False

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of all phases."""
        return tuple(stage for phase in self.phases for stage in phase.stages)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a task's scores can lie on given data.

    Attributes:
        n: samples that are scored.
        chance: per key the score of knowing nothing; ``None`` where there is none.
        best: per key what a model gets that knows everything but cannot tell equal content apart.
        limited: samples that even this model cannot be sure of.
    """

    n: int
    chance: Mapping[str, float | None]
    best: Mapping[str, float | None]
    limited: int = 0


Same: TypeAlias = Callable[[str], str]  # the fingerprint of a part to that of the first part with equal content


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """A dataset under a protocol with a metric.

    Attributes:
        id: names the protocol: ``openmoji.t2i``.
        title: for people.
        dataset, split: what is scored.
        train_split, valid_split: what models that fit are given; ``None`` where there is no such split, and then they are refused.
        version: bumped by any change that moves a score; boards never mix versions.
        metric: how per-sample arrays become values.
        primary: the key that boards rank by.
        changelog: a line per version.
        superseded_by, deprecated: life after a mistake.
        changes: what modifiers do to the samples that are scored; training samples stay as they are.
    """

    id: str
    title: str
    dataset: str
    split: str
    train_split: str | None
    valid_split: str | None
    version: int
    metric: Metric
    primary: str
    changelog: tuple[str, ...] = ()
    superseded_by: str | None = None
    deprecated: bool = False
    changes: tuple[Applied, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """The kind of task, as in a card's ``task_kinds``."""

    @property
    @abstractmethod
    def ask(self) -> Ask:
        """The method that a model needs."""

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The methods by which the task can be done, best first: a model is asked the first that it has. ``ask`` is one of them."""
        return (self.ask,)

    @property
    def judged(self) -> bool:
        """Whether a judge decides what rules cannot: then the run needs one."""
        return False

    @property
    @abstractmethod
    def modalities(self) -> frozenset[Modality]:
        """The kinds of content that a model is shown."""

    def shows(self, ask: Ask) -> frozenset[Modality]:
        """The kinds of content that a model is shown that does the task by one of ``asks``; ``modalities`` unless a kind knows better."""
        return self.modalities

    def takes(self, ask: Ask) -> frozenset[Modality]:
        """The kinds of content that a model has to take: what is shown, less what a modifier drops."""
        return self.shows(ask) - {change.modifier.modality for change in self.changes if change.modifier.drops}

    @property
    def changeable(self) -> frozenset[Modality]:
        """The kinds of content that a modifier can change: those that come from the scored samples' own parts."""
        return self.modalities

    @property
    @abstractmethod
    def protocol(self) -> Mapping[str, Any]:
        """JSON facts that a run's identity hashes: prompt, languages, extractor, decoding parameters."""

    @abstractmethod
    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """What to ask.

        Args:
            load: gives a split by name; training splits are loaded only for models that fit.
            limit: score only about this many samples: whole groups, seeded and nested.
            seed: of the limit.
            privileged: put targets into the items (the oracle).
            ask: one of ``asks``; the task's ``ask`` by default.
        """

    def bounds(self, load: Load, same: Same) -> Bounds:
        """Chance and the best possible score on the split as it is.

        Args:
            load: gives a split by name.
            same: fingerprints of equal content (pixels, sound, normalised text) to one of them.
        """
        plan = self.plan(load)
        return Bounds(plan.n, plan.floors, plan.ceilings)

    def labelled(self, split: PairedDataset) -> bool:
        """Whether there is anything to compare answers with.

        There is not where the card says that not all labels are public, answers or numbers are asked for, no sample has a target, and
        none holds a kind of content that the model is not shown (the captions of a captioning task).
        """
        if split.card.labels_public or not {"generate", "predict"} & set(self.asks):
            return True
        unseen = [modality for modality in Modality if modality not in self.modalities]
        return any(target is not None for target in split.targets) or any(split.facets(one) for one in unseen)

    @property
    def state(self) -> str:
        """For people: ``deprecated``, and by what the task is superseded; empty where it is neither."""
        said = ["deprecated"] if self.deprecated else []
        return ", ".join(said + ([f"superseded by {self.superseded_by}"] if self.superseded_by else []))

    @property
    def card(self) -> DatasetCard:
        """The card of the task's dataset."""
        return get_card(self.dataset)

    def training_splits(self) -> tuple[str, ...]:
        """The names of the train and validation splits; none where one is missing: then only floors are fitted, on nothing."""
        return () if self.train_split is None or self.valid_split is None else (self.train_split, self.valid_split)

    @property
    def frozen(self) -> bool:
        """Whether models are asked as they are: a model that has to learn first is refused."""
        return False

    @property
    def learned_from(self) -> tuple[str, ...]:
        """Splits besides ``split`` that the task itself learns from, whatever the model is: its scores depend on them."""
        return ()

    def load(self, split: str, *, progress: bool = True) -> PairedDataset:
        """A split of the task's dataset, built into the cache at first use."""
        return load_dataset(self.dataset, split, progress=progress)

    def split_for(self, load: Load, limit: int | None, seed: int) -> PairedDataset:
        """The split to score, or the seeded part of it, as modifiers change it. ``ValueError`` where it is empty."""
        found = load(self.split)
        for change in self.changes:
            found = found.altered(change.change)
        found = found if limit is None else found.limited(limit, seed=seed)
        if len(found) == 0:
            raise ValueError(f"{self.dataset} {self.split} is empty: there is nothing to score")
        return found


def clusters_of(dataset: PairedDataset) -> list[str]:
    """The group of each sample, or its own id where it has none."""
    return [group if group is not None else key for key, group in zip(dataset.ids, dataset.groups, strict=True)]


def failed_mask(stage: Stage, output: Output) -> NDArray[np.bool_]:
    """``(n,)``: which items of a stage failed."""
    return np.asarray([key in output.errors for key in stage.ids], dtype=bool)
