"""From a finished study to the document ``results.json``: values with intervals, who differs from whom, what it cost, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Problem
from mmbench.fusion.reading import FusionData, answers
from mmbench.fusion.shortcuts import majority, shortcut
from mmbench.fusion.study import Chosen, Study
from mmbench.fusion.testing import outputs_of
from mmbench.tasks.base import Output, Plan, Scored, Task

LATE = "decision-average"  # against whose robustness that of the others is measured
Outputs = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Row:
    """What was predicted by one row of the table.

    Attributes:
        name, title, kind, paper: for people; kind ``method`` or ``floor``.
        scored: per seed, what the task's metric made of the predictions; one for a floor that no seed moves.
        chosen: of trained rows.
        note: a sentence, or empty.
    """

    name: str
    title: str
    kind: str
    paper: str
    scored: tuple[Scored, ...]
    chosen: Chosen | None = None
    note: str = ""


def rows_of(found: Study, data: FusionData, task: Task, plan: Plan) -> list[Row]:
    """Trained rows, and the floors that need no training, with their predictions scored by the task."""
    rows = [
        Row(
            one.entry.name,
            one.entry.title,
            one.entry.kind,
            one.entry.needs,
            tuple(score(plan, data, outputs_of(found.place, job)) for job in one.jobs),
            one,
        )
        for one in found.chosen
    ]
    return [*rows, *_untrained(data, plan)]


def score(plan: Plan, data: FusionData, outputs: Outputs) -> Scored:
    """Predictions of the test split, scored as the task scores any model's."""
    stages = {
        stage.name: Output(answers(data.problem, outputs[fold], stage.ask), {})
        for fold, stage in zip(data.folds, plan.stages, strict=True)
    }
    return plan.score(stages)


def _untrained(data: FusionData, plan: Plan) -> list[Row]:
    guesses: dict[str, NDArray[np.float64]] = {}
    looked: dict[str, NDArray[np.float64]] = {}
    used = []
    for fold in data.folds:
        train, valid, test = (data.block(fold, split) for split in ("train", "valid", "test"))
        guesses[fold] = majority(data.problem, train.targets, len(test))
        found = shortcut(data.problem, train, valid, test)
        if found is not None:
            looked[fold] = found.outputs
            used.append(found.fact)
    rows = [Row("majority", _guess(data.problem), "floor", "", (score(plan, data, guesses),))]
    if len(looked) == len(data.folds):
        title = f"lookup of {' or '.join(dict.fromkeys(used))} alone"
        rows.append(Row("shortcut", title, "floor", "", (score(plan, data, looked),)))
    return rows


def _guess(problem: Problem) -> str:
    return "the most frequent class" if problem.classes else "the mean of training"
