"""Linear probe: embeddings stay frozen, the harness fits a logistic regression on them and scores it on rows that it did not see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.splits import stable_fraction
from mmbench.metrics.spec import Array
from mmbench.samples import Modality, Sample
from mmbench.tasks.base import (
    Ask,
    Bounds,
    Lazy,
    Load,
    Output,
    Phase,
    Plan,
    Same,
    Scored,
    Stage,
    Task,
    clusters_of,
    failed_mask,
)
from mmbench.tasks.labels import Labels, known_best
from mmbench.tasks.probing import PENALTIES, Fit, best_known, probed

HELD = 0.2  # of the training groups, where there is no validation split
IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Folds:
    """How one split is cut: fold f is scored by a model of the others, of which fold f + 1 chooses the penalty.

    Attributes:
        number: of folds.
        meta: where a row's fold stands in ``meta``; without it, whole groups are dealt out by a stable hash of their name.
    """

    number: int
    meta: str | None = None

    def of(self, dataset: PairedDataset) -> IntArray:
        """The fold of each row: numbers that need not begin at 0."""
        if self.meta is None:
            shares = [stable_fraction(name, "fold") for name in clusters_of(dataset)]
            return np.asarray([int(share * self.number) for share in shares], dtype=np.int64)
        return np.asarray([int(sample.meta[self.meta]) for sample in dataset], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a probe, those that are only learned from before those that are scored.

    Attributes:
        parts: the splits by stage name, the last one being scored.
        right: ``(n, c)`` which classes are right.
        fits: one, or one per fold.
    """

    parts: Mapping[str, PairedDataset]
    right: Mask
    fits: Sequence[Fit]

    @property
    def first(self) -> int:
        """The number of the first row of the scored split."""
        return len(self.right) - len(self.parts["test"])

    @property
    def order(self) -> IntArray:
        """The rows that are scored, fit by fit."""
        return np.concatenate([fit.test for fit in self.fits])

    @property
    def strata(self) -> list[int] | None:
        """The fold of each scored row; ``None`` where there is one fit."""
        if len(self.parts) > 1:
            return None
        return [number for number, fit in enumerate(self.fits) for _ in fit.test]

    def __getitem__(self, row: int) -> Sample:
        for dataset in self.parts.values():
            if row < len(dataset):
                return dataset[row]
            row -= len(dataset)
        raise IndexError(row)


@dataclass(frozen=True, kw_only=True)
class LinearProbeTask(Task):
    """The regression is that of ``mmbench.tasks.probing``: standardized features, a ridge penalty from a fixed grid.

    A model that cannot embed may ``predict`` floats ``(n, c)``, a column per class in the order of ``sample.options``, as in zero-shot
    classification; floors learn from the same rows before.

    Attributes:
        inputs: the modalities that are embedded; several are embedded together.
        labels: the classes, and how scores are judged.
        learn_split: what is learned from; ``None`` with folds.
        choose_split: what chooses the penalty; ``None``: a fifth of the training groups.
        folds: of the split that is scored, where nothing else is learned from.
    """

    inputs: frozenset[Modality]
    labels: Labels
    learn_split: str | None = None
    choose_split: str | None = None
    folds: Folds | None = None

    @property
    def kind(self) -> str:
        """``linear-probe``."""
        return "linear-probe"

    @property
    def ask(self) -> Ask:
        """``embed``."""
        return "embed"

    @property
    def asks(self) -> tuple[Ask, ...]:
        """``embed``, or ``predict``."""
        return ("embed", "predict")

    @property
    def frozen(self) -> bool:
        """Nothing is fitted for it by the model."""
        return True

    @property
    def modalities(self) -> frozenset[Modality]:
        """The inputs."""
        return self.inputs

    @property
    def changeable(self) -> frozenset[Modality]:
        """The inputs; nothing with folds, where the scored rows are learned from too."""
        return self.inputs if self.folds is None else frozenset()

    @property
    def learned_from(self) -> tuple[str, ...]:
        """The splits that the regression is fitted on, where they are not folds of the one that is scored."""
        return tuple(name for name in (self.learn_split, self.choose_split) if name is not None)

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Inputs, classes, what is learned from, and the regression."""
        if self.folds is None:
            cut = {"learn": self.learn_split, "choose": self.choose_split or f"{HELD:g} of the training groups"}
        else:
            cut = {"folds": str(self.folds.number), "fold": self.folds.meta or "stable hash of the group"}
        return {
            "inputs": sorted(self.inputs),
            **self.labels.protocol(),
            "probe": "logistic-1: L2, standardized features, penalty by log loss on validation, refitted on both",
            "penalties": list(PENALTIES),
            **cut,
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """A stage per split that is embedded; of models that predict, a stage and a fit per fold. The limit goes for every split."""
        rows = self._rows(load, limit, seed)
        notes = {"folds": len(rows.fits)} if rows.strata is not None else {"learned_rows": rows.first}
        y, several = self.labels.columns(rows.right)
        if ask == "predict":  # what a model of its own knows does not depend on these rows
            phases, blank, best = (
                self._predicted(rows, privileged),
                np.zeros((len(rows.order), y.shape[1])),
                y[rows.order],
            )
        else:
            nothing, nobody = np.zeros((len(y), 1)), np.zeros(len(y), dtype=bool)
            blank = np.concatenate([probed(nothing, y, nobody, fit, several=several) for fit in rows.fits])
            phases, best = self._embedded(rows, privileged), self._best(rows, y)
        return Plan(
            phases=phases,
            score=partial(self._score, phases, rows, ask == "predict"),
            n=len(rows.order),
            floors=self._values(blank, rows),
            ceilings=self._values(best, rows),
            notes=notes,
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model gives equal content one answer: how often each class is right for it among the rows that are scored."""
        plan, rows = self.plan(load), self._rows(load, None, 0)
        test, own = rows.parts["test"], rows.right[rows.first :]
        prints = [tuple(same(part.fingerprint) for part in self._content(sample)) for sample in test]
        shares = known_best(test, own, lambda row: prints[row])
        unsure = int((shares != own).any(axis=1).sum())
        best = np.concatenate([rows.right[: rows.first], shares])
        columns = best[:, 1:] if self.labels.right == "binary" else best
        return Bounds(plan.n, plan.floors, self._values(self._best(rows, columns), rows), unsure)

    def _rows(self, load: Load, limit: int | None, seed: int) -> Rows:
        test = self.split_for(load, limit, seed)
        learn, choose = (
            None if name is None else load(name) if limit is None else load(name).limited(limit, seed=seed)
            for name in (self.learn_split, self.choose_split)
        )
        parts = {
            name: part for name, part in (("learn", learn), ("choose", choose), ("test", test)) if part is not None
        }
        right = np.concatenate([self.labels.table(part.targets) for part in parts.values()])
        return Rows(parts, right, self._folded(test) if learn is None else [self._single(learn, len(right), len(test))])

    def _folded(self, test: PairedDataset) -> list[Fit]:
        """A fit per fold that has rows; the fold behind it chooses, the first one behind the last."""
        if self.folds is None:
            raise ValueError("there is neither a split to learn from nor a number of folds")
        fold = self.folds.of(test)
        present = np.unique(fold).tolist()
        fits = []
        for place, number in enumerate(present):
            chooses = present[(place + 1) % len(present)] if len(present) > 2 else None
            valid = np.flatnonzero(fold == chooses) if chooses is not None else np.zeros(0, dtype=np.int64)
            rest = (fold != number) if chooses is None else (fold != number) & (fold != chooses)
            fits.append(Fit(np.flatnonzero(rest), valid, np.flatnonzero(fold == number)))
        return fits

    def _single(self, learn: PairedDataset, n: int, scored: int) -> Fit:
        """The rows of ``learn`` come first, then those of ``choose``, where there are any."""
        train, test = np.arange(len(learn)), np.arange(n - scored, n)
        if self.choose_split is not None:
            return Fit(train, np.arange(len(learn), n - scored), test)
        held = np.asarray([stable_fraction(name, "held") < HELD for name in clusters_of(learn)], dtype=bool)
        return Fit(train[~held], train[held], test)

    def _embedded(self, rows: Rows, privileged: bool) -> tuple[Phase, ...]:
        stages = []
        for name, dataset in rows.parts.items():
            items = Lazy(len(dataset), partial(self._item, dataset, privileged))
            stages.append(Stage(name, "embed", dataset.ids, items, self.inputs))
        return (Phase("all", tuple(stages), lambda: ([], [])),)

    def _predicted(self, rows: Rows, privileged: bool) -> tuple[Phase, ...]:
        phases, ids = [], rows.parts["test"].ids
        for number, fit in enumerate(rows.fits):
            places = (fit.test - rows.first).tolist()
            items = Lazy(len(places), partial(self._nth, rows.parts["test"], privileged, places))
            name = "test" if rows.strata is None else f"fold{number}"
            stage = Stage(name, "predict", [ids[place] for place in places], items, self.inputs)
            phases.append(Phase(name, (stage,), partial(self._training, rows, fit)))
        return tuple(phases)

    def _training(self, rows: Rows, fit: Fit) -> tuple[Sequence[Sample], Sequence[Sample]]:
        train, valid = ([self._taught(rows[row]) for row in part.tolist()] for part in (fit.train, fit.valid))
        return train, valid

    def _taught(self, sample: Sample) -> Sample:
        names, target = self.labels.classes.names, self.labels.spelled(sample.target)
        return Sample(sample.id, self._content(sample), names, target, sample.group)

    def _nth(self, dataset: PairedDataset, privileged: bool, places: list[int], index: int) -> Sample:
        return self._item(dataset, privileged, places[index])

    def _item(self, dataset: PairedDataset, privileged: bool, row: int) -> Sample:
        sample = dataset[row]
        return self.labels.item(sample, self._content(sample), privileged=privileged)

    def _content(self, sample: Sample) -> tuple[Any, ...]:
        return tuple(part for part in sample.content if part.modality in self.inputs)

    def _best(self, rows: Rows, best: Array) -> Array:
        y, several = self.labels.columns(rows.right)
        return np.concatenate([best_known(best, y, fit, several=several) for fit in rows.fits])

    def _values(self, scores: Array, rows: Rows) -> dict[str, float | None]:
        return self.labels.values(self.metric, self.labels.wide(scores), rows.right[rows.order], rows.strata)

    def _score(self, phases: tuple[Phase, ...], rows: Rows, predicted: bool, outputs: Mapping[str, Output]) -> Scored:
        stages = [stage for phase in phases for stage in phase.stages]
        found = [outputs[stage.name] for stage in stages]
        dead = np.concatenate([failed_mask(stage, output) for stage, output in zip(stages, found, strict=True)])
        order, test = rows.order, rows.parts["test"]
        if predicted:
            checked = [self.labels.checked(output.values, self.id) for output in found]
            scores, failed = np.nan_to_num(np.concatenate(checked)), dead
        else:
            y, several = self.labels.columns(rows.right)
            features = _stacked([np.asarray(output.values, dtype=np.float64) for output in found])
            probes = [probed(features, y, dead, fit, several=several) for fit in rows.fits]
            scores, failed = self.labels.wide(np.concatenate(probes)), dead[order]
        errors = {
            f"{stage.name}/{key}" if stage.name in ("learn", "choose") else key: reason
            for stage, output in zip(stages, found, strict=True)
            for key, reason in output.errors.items()
        }
        right, ids, groups = rows.right[order], test.ids, clusters_of(test)
        folds = rows.strata
        clusters = [groups[row - rows.first] for row in order.tolist()]
        if folds is not None:  # a group that lies in two folds is resampled in each
            clusters = [f"{fold}/{group}" for fold, group in zip(folds, clusters, strict=True)]
        arrays = self.labels.arrays(self.metric, scores, right, failed)
        names = [ids[row - rows.first] for row in order.tolist()]
        return Scored(names, arrays, clusters, folds, errors, self.labels.shown(scores, right, failed))


def probe_task(
    dataset: str,
    title: str,
    *,
    inputs: Modality | frozenset[Modality],
    labels: Labels | None = None,
    split: str = "test",
    learn: str | None = None,
    choose: str | None = None,
    folds: Folds | None = None,
) -> LinearProbeTask:
    """Version 1 of ``dataset.probe``: acc@1 of one class per sample, mAP of several, the ROC area of yes and no."""
    found = labels or Labels(dataset)
    return LinearProbeTask(
        id=f"{dataset}.probe",
        title=f"{title}, linear probe",
        dataset=dataset,
        split=split,
        train_split=None,
        valid_split=None,
        version=1,
        metric=found.metric(),
        primary=found.primary,
        inputs=frozenset({inputs}) if isinstance(inputs, Modality) else inputs,
        labels=found,
        learn_split=learn,
        choose_split=choose,
        folds=folds,
    )


def _stacked(tables: list[Array]) -> Array:
    """Tables below one another; one of which everything failed takes the others' width."""
    width = max(table.shape[1] for table in tables)
    return np.concatenate([np.broadcast_to(table, (len(table), width)) for table in tables])
