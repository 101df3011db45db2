"""Emotions, sarcasm, humour, categories: one of several named classes, predicted as scores or answered in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.emotion import emotion_classification_metric
from mmbench.samples import Message, Modality, Request, Sample, TextPart
from mmbench.tasks.base import Ask, Lazy, Load, Output, Phase, Plan, Scored, Stage, Task, clusters_of
from mmbench.tasks.extractors.class_name import CLASS_NAME
from mmbench.tasks.kinds.answering import joined

MAX_NEW_TOKENS = 32


@dataclass(frozen=True, kw_only=True)
class EmotionTask(Task):
    """One class of a fixed list.

    A model that predicts gives scores ``(n, k)``, a column per class in the order of ``classes``, or of two classes one column ``(n, 1)``
    that is above 0 for the second. Equal scores share the answer. What it is shown has the classes as ``options``. A model that writes is
    asked for the name of a class.

    Attributes:
        inputs: the modalities that a model is shown.
        classes: their names, in order.
        question: what a model that writes is asked.
        labels: of sets whose labels are no names: each label, as text, to its class.
        folds: ``meta.fold`` runs from 1 to this; each fold is scored by a model fitted on the others, where the next one chooses; the value
            is the mean over folds. 0 for a set with splits.
        family: the kind of task: ``emotion-classification``, or ``classification`` of anything else.
        label: the key in ``meta`` that holds the label; ``None`` where it is the target.
        languages: of a modality named here only the parts in that language are shown; all of them otherwise.
    """

    inputs: frozenset[Modality]
    classes: tuple[str, ...]
    question: str
    labels: tuple[tuple[str, str], ...] = ()
    folds: int = 0
    family: str = "emotion-classification"
    label: str | None = None
    languages: tuple[tuple[Modality, str], ...] = ()

    @property
    def kind(self) -> str:
        """The family."""
        return self.family

    @property
    def ask(self) -> Ask:
        """``predict``."""
        return "predict"

    @property
    def asks(self) -> tuple[Ask, ...]:
        """``predict`` or ``generate``."""
        return ("predict", "generate")

    @property
    def modalities(self) -> frozenset[Modality]:
        """The inputs."""
        return self.inputs

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Inputs, classes in order, folds, place of the label, languages; and of answers in words the question and how they are read."""
        folds = {"folds": self.folds, "aggregate": "mean over folds"} if self.folds else {}
        words = {
            "question": self.question,
            "extractor": CLASS_NAME.facts,
            "max_new_tokens": MAX_NEW_TOKENS,
            "temperature": 0.0,
        }
        label = {"label": f"meta.{self.label}", "labels": dict(self.labels)} if self.label else {}
        languages = {"languages": {str(one): tag for one, tag in self.languages}} if self.languages else {}
        return {
            "inputs": sorted(self.inputs),
            "classes": list(self.classes),
            **folds,
            **label,
            **languages,
            "words": words,
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """One stage, or one per fold."""
        dataset = self.split_for(load, limit, seed)
        self._require_inputs(load(self.split))
        labels = list(dataset.labels())
        targets = [self._class_of(sample) for sample in labels]
        folds = [self._fold_of(sample) for sample in labels] if self.folds else [0] * len(labels)
        order = sorted(range(len(labels)), key=folds.__getitem__)
        phases = tuple(
            self._phase(dataset, [row for row in order if folds[row] == fold], fold, load, privileged, ask or self.ask)
            for fold in sorted(set(folds))
        )
        ids, clusters = dataset.ids, clusters_of(dataset)
        score = partial(
            self._score,
            [phase.stages[0] for phase in phases],
            [ids[row] for row in order],
            [targets[row] for row in order],
            [clusters[row] for row in order],
            [folds[row] for row in order] if self.folds else None,
        )
        facts = self.metric.keys
        guess = self.metric.aggregate(self.metric.per_sample(np.zeros((len(targets), len(self.classes))), targets))
        return Plan(
            phases,
            score,
            len(labels),
            {key: None if one.count or not np.isfinite(guess[key]) else guess[key] for key, one in facts.items()},
            {key: None if one.count else 1.0 for key, one in facts.items()},
        )

    def _require_inputs(self, whole: PairedDataset) -> None:
        """``ValueError`` where no sample at all holds one of the inputs: an optional file is not here."""
        wanted = dict(self.languages)
        for modality in sorted(self.inputs):
            if not whole.facets(modality, wanted.get(modality)):
                raise ValueError(
                    f"no sample of {self.dataset} {whole.split} holds {modality}: bring the file that has it "
                    f"(`mmbench show {self.dataset}` names it)"
                )

    def _phase(
        self, dataset: PairedDataset, rows: list[int], fold: int, load: Load, privileged: bool, ask: Ask
    ) -> Phase:
        name = f"fold{fold}" if self.folds else "all"
        ids = dataset.ids
        make = self._request if ask == "generate" else self._view
        items = Lazy(len(rows), lambda index: make(dataset[rows[index]], target=privileged))
        stage = Stage(name, ask, [ids[row] for row in rows], items, self.inputs)  # type: ignore[arg-type]  # samples or requests
        return Phase(name, (stage,), partial(self._training, load, fold))

    def _training(self, load: Load, fold: int) -> tuple[Sequence[Sample], Sequence[Sample]]:
        if not self.folds:
            splits = [[self._view(sample, target=True) for sample in load(name)] for name in self.training_splits()]
            return (splits[0], splits[1]) if splits else ([], [])
        held = fold % self.folds + 1
        rest = [(self._fold_of(sample), self._view(sample, target=True)) for sample in load(self.split)]
        return (
            [sample for own, sample in rest if own not in (fold, held)],
            [sample for own, sample in rest if own == held],
        )

    def _view(self, sample: Sample, *, target: bool) -> Sample:
        shown = replace(sample.view(self.inputs, languages=dict(self.languages)), options=self.classes)
        return replace(shown, target=self._class_of(sample)) if target else shown

    def _request(self, sample: Sample, *, target: bool) -> Request:
        view = self._view(sample, target=target)
        words = TextPart(f"{self.question} Answer with one of: {', '.join(self.classes)}.", "en")
        message = Message("user", joined((*view.content, words)))
        return Request(sample.id, (message,), self.classes, max_new_tokens=MAX_NEW_TOKENS, target=view.target)

    def _class_of(self, sample: Sample) -> str:
        """The class of a label. ``ValueError`` where it is none."""
        label = str(sample.target if self.label is None else sample.meta.get(self.label))
        found = dict(self.labels).get(label, label)
        if found not in self.classes:
            raise ValueError(f"the label of {sample.id!r} is {label!r}, which is none of {', '.join(self.classes)}")
        return found

    def _fold_of(self, sample: Sample) -> int:
        fold = sample.meta.get("fold")
        if not isinstance(fold, int) or not 1 <= fold <= self.folds:
            raise ValueError(
                f"{sample.id!r} is in no fold: bring the file that says which (`mmbench show {self.dataset}` names it)"
            )
        return fold

    def _score(
        self,
        stages: list[Stage],
        ids: list[str],
        targets: list[str],
        clusters: list[str],
        folds: list[int] | None,
        outputs: Mapping[str, Output],
    ) -> Scored:
        errors = {key: reason for stage in stages for key, reason in outputs[stage.name].errors.items()}
        notes: dict[str, int] = {}
        shown: dict[str, Sequence[str | float | None]]
        if stages[0].ask == "generate":
            texts = [text for stage in stages for text in outputs[stage.name].values]
            read = [None if text is None else CLASS_NAME(str(text), self.classes) for text in texts]
            notes["truncated_answers"] = sum(len(outputs[stage.name].truncated) for stage in stages)
            arrays = self.metric.per_sample(read, targets)
            shown = {"answer": [None if text is None else str(text) for text in texts], "right": targets}
        else:
            scores = np.concatenate([self._scores(outputs[stage.name]) for stage in stages])
            arrays = self.metric.per_sample(scores, targets)
            chosen = [self.classes[int(one)] if one >= 0 else None for one in arrays["prediction"]]
            shown = {"predicted": chosen, "right": targets}
        return Scored(
            ids, arrays, clusters, folds, errors, shown, {name: count for name, count in notes.items() if count}
        )

    def _scores(self, output: Output) -> NDArray[np.float64]:
        """``(n, k)``, NaN rows where failed."""
        values, k = np.asarray(output.values, dtype=np.float64), len(self.classes)
        if values.shape[1] == 1 and (k == 2 or np.isnan(values).all()):
            return np.concatenate([-values, values], axis=1) if k == 2 else np.full((len(values), k), np.nan)
        if values.shape[1] != k:
            raise RunFailedError(
                f"{self.id} needs a score for each of {k} classes, shape (n, {k}), in the order {', '.join(self.classes)}; "
                f"the model gave {values.shape[1]}."
            )
        return values


def emotion_task(
    dataset: str,
    title: str,
    *,
    split: str,
    classes: tuple[str, ...],
    inputs: frozenset[Modality],
    question: str,
    primary: str = "f1w",
    training: tuple[str | None, str | None] = (None, None),
    **changes: Any,
) -> EmotionTask:
    """Version 1 of ``dataset.emotion``; ``changes`` are further fields of the task."""
    fields: dict[str, Any] = {
        "id": f"{dataset}.emotion",
        "title": f"{title}, classes",
        "dataset": dataset,
        "split": split,
        "train_split": training[0],
        "valid_split": training[1],
        "version": 1,
        "metric": emotion_classification_metric(classes),
        "primary": primary,
        "inputs": inputs,
        "classes": classes,
        "question": question,
    }
    return EmotionTask(**{**fields, **changes})


def class_task(dataset: str, title: str, protocol: str, **fields: Any) -> EmotionTask:
    """Version 1 of ``dataset.protocol``, of the family ``classification``; ``fields`` as of ``emotion_task``."""
    task = emotion_task(dataset, title, family="classification", id=f"{dataset}.{protocol}", **fields)
    return replace(task, title=f"{title}, {protocol}")
