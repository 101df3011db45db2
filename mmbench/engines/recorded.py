"""Answers that were made before, against the plan that asks for them: what is missing, what nobody asked for, what is of another task."""

from dataclasses import replace

from mmbench.models.files.matching import Recorded, Side
from mmbench.tasks.base import Plan, Stage


def matched(model: object, task: str, plan: Plan, *, partial: bool = False) -> Plan:
    """The plan, with the counts of a file's ids in its notes; the same plan for a model that answers on the spot.

    Args:
        model: what is asked.
        task: its id.
        plan: what will be asked.
        partial: only a part of the split is asked, so that ids beyond it mean nothing.

    Raises:
        UserError: the file answers nothing of the task, or was made for another one.
    """
    if not isinstance(model, Recorded):
        return plan
    found = model.match(task, [_side(stage) for stage in plan.stages])
    notes = {key: count for key, count in found.notes.items() if not (partial and key == "predictions_unknown")}
    return replace(plan, notes={**plan.notes, **notes})


def _side(stage: Stage) -> Side:
    pairs = (
        [(item[0].id, item[1].id) for item in stage.items if isinstance(item, tuple)]
        if stage.ask == "score_pairs"
        else ()
    )
    return Side(stage.name, stage.ids, stage.modalities, stage.role, pairs)
