"""Splits whose labels are withheld: the answers are kept as samples without a score, for the server that has the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mmbench.errors import UserError
from mmbench.tasks.base import Output, Plan, Scored, Stage, Task

WITHHELD = "the labels are withheld: `mmbench export-submission` writes the file for the server that has them"


def withheld(task: Task, plan: Plan, *, labelled: bool, privileged: bool = False) -> Plan:
    """The plan, scoring nothing where the split has no labels; any other plan as it is.

    Args:
        task: named in the error.
        plan: what is asked.
        labelled: what ``Task.labelled`` says of the split.
        privileged: the model answers with the targets (the oracle).

    Raises:
        UserError: a privileged model, where there are no targets.
    """
    if labelled and not plan.hidden:
        return plan
    if privileged:
        raise UserError(f"{task.id} has no labels to show to a model: {WITHHELD}.")
    nothing: dict[str, float | None] = {}
    if plan.hidden:  # its kind knows, and says what was read of the answers
        return replace(plan, floors=nothing, ceilings=nothing, judging=None)
    return replace(
        plan, score=partial(_unscored, plan.stages), floors=nothing, ceilings=nothing, judging=None, hidden=True
    )


def _unscored(stages: Sequence[Stage], outputs: Mapping[str, Output]) -> Scored:
    ids = [key for stage in stages for key in stage.ids]
    answers = [_spelled(value) for stage in stages for value in outputs[stage.name].values]
    errors = {key: reason for stage in stages for key, reason in outputs[stage.name].errors.items()}
    return Scored(ids, {}, ids, None, errors, {"answer": answers})


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    numbers = np.atleast_1d(np.asarray(value, dtype=np.float64))
    return None if not np.isfinite(numbers).all() else " ".join(f"{number!r}" for number in numbers.tolist())
