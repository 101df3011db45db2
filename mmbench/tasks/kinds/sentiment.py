"""Sentiment as a number, on a test split, or out of fold: every fold is scored by a model that was fitted on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.sentiment import farthest_label, sentiment_metric
from mmbench.samples import Modality, Sample
from mmbench.tasks.base import Ask, Lazy, Load, Output, Phase, Plan, Scored, Stage, Task, clusters_of

FLOORS = {"corr": 0.0, "spearman": 0.0, "acc2_posneg": 0.5}
CEILINGS = {"corr": 1.0, "spearman": 1.0, "acc2_posneg": 1.0, "mae": 0.0}


@dataclass(frozen=True, kw_only=True)
class RegressionTask(Task):
    """A regression with a train, a validation and a test split.

    Attributes:
        inputs: the modalities that a model is shown.
        convention: of ``sentiment_regression``; a failed sample counts as the label farthest from the right one.
    """

    inputs: frozenset[Modality]
    convention: Literal["cmu", "sims", "unit"]

    @property
    def kind(self) -> str:
        """``sentiment-regression``."""
        return "sentiment-regression"

    @property
    def ask(self) -> Ask:
        """``predict``."""
        return "predict"

    @property
    def modalities(self) -> frozenset[Modality]:
        """The inputs."""
        return self.inputs

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Inputs and convention."""
        return {"inputs": sorted(self.inputs), "convention": self.convention}

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """One stage of samples."""
        dataset = self.split_for(load, limit, seed)
        items = Lazy(len(dataset), lambda index: dataset[index].view(self.inputs, target=privileged))
        stage = Stage("values", "predict", dataset.ids, items, self.inputs)
        targets = np.asarray(dataset.targets, dtype=np.float64)
        keys = self.metric.keys
        return Plan(
            (Phase("all", (stage,), partial(self._training, load)),),
            partial(self._score, dataset.ids, targets, clusters_of(dataset)),
            len(dataset),
            {key: facts.chance for key, facts in keys.items()},
            {key: CEILINGS.get(key, 1.0) for key in keys},
        )

    def _training(self, load: Load) -> tuple[Sequence[Sample], Sequence[Sample]]:
        train, valid = (load(name) for name in self.training_splits())
        return (
            Lazy(len(train), lambda index: train[index].view(self.inputs, target=True)),
            Lazy(len(valid), lambda index: valid[index].view(self.inputs, target=True)),
        )

    def _score(
        self, ids: list[str], targets: NDArray[np.float64], clusters: list[str], outputs: Mapping[str, Output]
    ) -> Scored:
        output = outputs["values"]
        values = _one_column(output, self.id)
        failed = np.asarray([key in output.errors for key in ids])
        values = np.where(failed, farthest_label(targets, convention=self.convention), values)
        arrays = self.metric.per_sample(values, targets)
        return Scored(
            ids, arrays, clusters, None, output.errors, {"predicted": values.tolist(), "right": targets.tolist()}
        )


def _one_column(output: Output, task: str) -> NDArray[np.float64]:
    """``(n,)`` numbers. ``RunFailedError`` where a model gave several per sample."""
    values = np.asarray(output.values, dtype=np.float64)
    if values.shape[1] != 1:
        raise RunFailedError(f"{task} needs one number per sample, shape (n, 1); the model gave {values.shape[1]}.")
    return values[:, 0]


def regression_task(dataset: str, title: str, convention: Literal["cmu", "sims", "unit"]) -> RegressionTask:
    """Version 1 of ``dataset.regression`` from text and features, with the published splits; boards rank by correlation."""
    return RegressionTask(
        id=f"{dataset}.regression",
        title=f"{title}, sentiment as a number",
        dataset=dataset,
        split="test",
        train_split="train",
        valid_split="validation",
        version=1,
        metric=sentiment_metric(convention=convention),
        primary="corr",
        inputs=frozenset({Modality.TEXT, Modality.FEATURES}),
        convention=convention,
    )


@dataclass(frozen=True, kw_only=True)
class FoldedRegressionTask(Task):
    """A regression over the folds in ``meta.fold``; the value is the mean over folds.

    Fold f is scored by a model fitted on the rest, where fold f + 1 chooses the penalty. Pooling the folds' predictions instead would
    punish a model that predicts each training mean with a correlation below zero.

    Attributes:
        inputs: the modalities that a model is shown.
        language: of the text.
        folds: their number.
    """

    inputs: frozenset[Modality]
    language: str
    folds: int

    @property
    def kind(self) -> str:
        """``sentiment-regression``."""
        return "sentiment-regression"

    @property
    def ask(self) -> Ask:
        """``predict``."""
        return "predict"

    @property
    def modalities(self) -> frozenset[Modality]:
        """The inputs."""
        return self.inputs

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Inputs, language and folds."""
        return {
            "inputs": sorted(self.inputs),
            "language": self.language,
            "folds": self.folds,
            "aggregate": "mean over folds",
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """A phase per fold."""
        dataset = self.split_for(load, limit, seed)
        folds = [sample.meta["fold"] for sample in dataset]
        everything = load(self.split)
        phases = []
        order: list[int] = []
        for fold in range(self.folds):
            rows = [index for index, found in enumerate(folds) if found == fold]
            order.extend(rows)
            if rows:
                phases.append(self._phase(dataset, rows, fold, everything, privileged))
        ids, groups, targets = dataset.ids, clusters_of(dataset), dataset.targets
        score = partial(
            self._score,
            [phase.stages[0] for phase in phases],
            np.asarray([targets[row] for row in order], dtype=np.float64),
            [groups[row] for row in order],
            [folds[row] for row in order],
            [ids[row] for row in order],
        )
        keys = self.metric.keys
        return Plan(
            tuple(phases),
            score,
            len(dataset),
            {key: FLOORS.get(key) for key in keys},
            {key: CEILINGS.get(key) for key in keys},
        )

    def _phase(
        self, dataset: PairedDataset, rows: list[int], fold: int, everything: PairedDataset, privileged: bool
    ) -> Phase:
        items = Lazy(len(rows), lambda index: self._view(dataset[rows[index]], target=privileged))
        names = dataset.ids
        stage = Stage(f"fold{fold}", "predict", [names[row] for row in rows], items, self.inputs)
        return Phase(f"fold{fold}", (stage,), partial(self._training, everything, fold))

    def _training(self, dataset: PairedDataset, fold: int) -> tuple[Sequence[Sample], Sequence[Sample]]:
        held = (fold + 1) % self.folds
        rest = [sample for sample in dataset if sample.meta["fold"] != fold]
        train = [self._view(sample, target=True) for sample in rest if sample.meta["fold"] != held]
        valid = [self._view(sample, target=True) for sample in rest if sample.meta["fold"] == held]
        return train, valid

    def _view(self, sample: Sample, *, target: bool) -> Sample:
        return sample.view(self.inputs, languages={Modality.TEXT: self.language}, target=target)

    def _score(
        self,
        stages: list[Stage],
        targets: np.ndarray[Any, np.dtype[np.float64]],
        clusters: list[str],
        folds: list[int],
        ids: list[str],
        outputs: Mapping[str, Output],
    ) -> Scored:
        values = np.concatenate([np.asarray(outputs[stage.name].values, dtype=np.float64)[:, 0] for stage in stages])
        errors = {key: reason for stage in stages for key, reason in outputs[stage.name].errors.items()}
        failed = np.asarray([key in errors for key in ids])
        values = np.where(failed, farthest_label(targets, convention="unit"), values)
        arrays = self.metric.per_sample(values, targets)
        shown = {"predicted": [float(value) for value in values], "right": [float(target) for target in targets]}
        return Scored(ids, arrays, clusters, folds, errors, shown)
