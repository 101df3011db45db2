"""Classification without training: a picture or sound goes to the class whose prompts lie nearest, or a model scores the classes itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.zero_shot import ensemble_prompts
from mmbench.metrics.spec import Array
from mmbench.samples import Modality, Sample, TextPart
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
from mmbench.tasks.labels import Labels, cosines, known_best, unit_rows


@dataclass(frozen=True, slots=True)
class Templates:
    """What is said of a class, under a name that runs are identified by; ``{}`` stands for the class. The id ends with its version."""

    id: str
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ZeroShotTask(Task):
    """Each class is the mean of its prompts' unit vectors, to length 1 again; a sample's score of a class is the cosine.

    A model that cannot embed may ``predict`` floats ``(n, c)``, a column per class in the order of ``sample.options``, which every
    sample carries. That is another protocol and makes another run.

    Attributes:
        inputs: the modalities that are classified; several are embedded together.
        labels: the classes, and how scores are judged.
        templates: the prompts.
        language: of the prompts.
    """

    inputs: frozenset[Modality]
    labels: Labels
    templates: Templates
    language: str = "en"

    @property
    def kind(self) -> str:
        """``zero-shot-classification``."""
        return "zero-shot-classification"

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
        """The inputs; the classes are text."""
        return self.inputs | {Modality.TEXT}

    @property
    def changeable(self) -> frozenset[Modality]:
        """The inputs: prompts are no part of a sample."""
        return self.inputs

    def shows(self, ask: Ask) -> frozenset[Modality]:
        """A model that predicts is shown no prompts."""
        return self.inputs if ask == "predict" else self.modalities

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Inputs, classes and prompts."""
        return {
            "inputs": sorted(self.inputs),
            **self.labels.protocol(),
            "templates": [self.templates.id, *self.templates.texts],
            "language": self.language,
            "similarity": "cosine; mean of unit vectors over templates",
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """Two stages, prompts and items, or one of items that are predicted."""
        dataset = self.split_for(load, limit, seed)
        right = self.labels.table(dataset.targets)
        chosen = ask or self.ask
        items = Lazy(len(dataset), partial(self._item, dataset, privileged))
        stages = [Stage("items", chosen, dataset.ids, items, self.inputs)]
        if chosen == "embed":
            stages.insert(0, self._prompts(privileged))
        return Plan(
            phases=(Phase("all", tuple(stages), lambda: ([], [])),),
            score=partial(self._score, stages, right, clusters_of(dataset)),
            n=len(dataset),
            floors=self.labels.chance(self.metric, right),
            ceilings=self.labels.ceiling(self.metric, right),
            notes={"classes": len(self.labels.classes)},
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model gives equal content one answer: how often each class is right for it."""
        dataset = load(self.split)
        plan, right = self.plan(load), self.labels.table(dataset.targets)
        best = known_best(
            dataset, right, lambda row: tuple(same(part.fingerprint) for part in self._content(dataset[row]))
        )
        unsure = int((best != right).any(axis=1).sum())
        return Bounds(plan.n, plan.floors, self.labels.values(self.metric, best, right), unsure)

    def _content(self, sample: Sample) -> tuple[Any, ...]:
        return tuple(part for part in sample.content if part.modality in self.inputs)

    def _item(self, dataset: PairedDataset, privileged: bool, row: int) -> Sample:
        sample = dataset[row]
        return self.labels.item(sample, self._content(sample), privileged=privileged)

    def _prompts(self, privileged: bool) -> Stage:
        names, texts = self.labels.classes.names, self.templates.texts

        def prompt(index: int) -> Sample:
            number, template = divmod(index, len(texts))
            text = texts[template].replace("{}", names[number])
            target = (names[number],) if privileged else None
            return Sample(ids[index], (TextPart(text, self.language),), target=target)

        ids = [f"{number}/{template}" for number in range(len(names)) for template in range(len(texts))]
        return Stage("prompts", "embed", ids, Lazy(len(ids), prompt), frozenset({Modality.TEXT}))

    def _score(
        self, stages: list[Stage], right: NDArray[np.bool_], clusters: list[str], outputs: Mapping[str, Output]
    ) -> Scored:
        stage, output = stages[-1], outputs["items"]
        failed = failed_mask(stage, output)
        errors = dict(output.errors)
        if stage.ask == "predict":
            scores = np.nan_to_num(self.labels.checked(output.values, self.id))
        else:
            prompts = outputs["prompts"]
            errors |= {f"prompts/{key}": reason for key, reason in prompts.errors.items()}
            scores = self._cosines(output.values, prompts.values)
        arrays = self.labels.arrays(self.metric, scores, right, failed)
        return Scored(stage.ids, arrays, clusters, None, errors, self.labels.shown(scores, right, failed))

    def _cosines(self, items: Any, prompts: Any) -> Array:
        """Scores ``(n, c)``; a class none of whose prompts was embedded is behind all others."""
        table = unit_rows(prompts).reshape(len(self.labels.classes), len(self.templates.texts), -1)
        known = np.linalg.norm(table, axis=2) > 0
        classes = np.zeros((len(table), table.shape[2]))
        for number in np.flatnonzero(known.any(axis=1)):
            classes[number] = ensemble_prompts(table[number][known[number]][None])[0]
        return np.where(known.any(axis=1), cosines(items, classes, self.id), -2.0)


def zero_shot_task(
    dataset: str,
    title: str,
    templates: Templates,
    *,
    inputs: Modality | frozenset[Modality] = Modality.IMAGE,
    labels: Labels | None = None,
    split: str = "test",
    name: str = "zero-shot",
    primary: str | None = None,
) -> ZeroShotTask:
    """Version 1 of ``dataset.zero-shot``: acc@1 of one class per sample, mAP of several, the ROC area of yes and no."""
    found = labels or Labels(dataset)
    return ZeroShotTask(
        id=f"{dataset}.{name}",
        title=f"{title}, zero-shot",
        dataset=dataset,
        split=split,
        train_split=None,
        valid_split=None,
        version=1,
        metric=found.metric(),
        primary=primary or found.primary,
        inputs=frozenset({inputs}) if isinstance(inputs, Modality) else inputs,
        labels=found,
        templates=templates,
    )
