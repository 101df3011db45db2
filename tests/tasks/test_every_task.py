"""Every task by embeddings, predictions or pair scores, on the synthetic twin of its data: ceiling for an oracle, chance for a constant.

How peers fail this is in their scoring: ties that go to the first option, one of several copies that counts, ids that stand for two rows.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest

from mmbench.loaders.sources import Twinned
from mmbench.samples import Sample
from mmbench.stats import estimate
from mmbench.tasks import Task, all_tasks
from mmbench.tasks.base import Plan
from tests.tasks.twins import planned

KINDS = ("retrieval", "zero-shot-classification", "linear-probe", "compositional-choice")
QUICK = (
    "flickr30k.t2i", "coco-karpathy.1k.i2t", "fleurs.en-US.t2a", "esc50.probe", "fsdkaggle2019.zero-shot", "hateful-memes.probe",
    "cifar10.zero-shot", "winoground.choice", "aro-vg-relation.choice", "aro-coco-order.choice",
)  # fmt: skip
Answered = Callable[..., Any]


def _cases() -> list[Any]:
    found = []
    for task in all_tasks():
        if task.kind in KINDS and isinstance(task.card.source, Twinned):
            for ask in task.asks:
                marks = [] if task.id in QUICK else [pytest.mark.slow]
                found.append(pytest.param(task, ask, id=f"{task.id}-{ask}", marks=marks))
    return found


def values(task: Task, plan: Plan, outputs: Any) -> dict[str, float | None]:
    scored = plan.score(outputs)
    found = estimate(
        task.metric.sums(scored.arrays),
        task.metric.from_sums,
        arrays=scored.arrays,
        from_weights=task.metric.from_weights,
        strata=scored.strata,
    )
    assert len(scored.ids) == len(set(scored.ids)) == len(scored.clusters) == plan.n
    return {key: value if math.isfinite(value) else None for key, value in found.items()}


def shown(plan: Plan) -> list[Sample]:
    items: list[Any] = [item for stage in plan.stages for item in stage.items]
    return [one for item in items for one in (item if isinstance(item, tuple) else (item,))]


@pytest.mark.parametrize(("task", "ask"), _cases())
def test_oracle_constant_and_random(task: Task, ask: Any, answered: Answered) -> None:
    whole, seen = planned(task, ask=ask), planned(task, ask=ask, privileged=True)
    best, constant = values(task, seen, answered(seen, "oracle")), values(task, whole, answered(whole, "constant"))
    guessed = values(task, whole, answered(whole, "random"))
    for key, facts in task.metric.keys.items():
        if facts.count:
            continue
        ceiling, floor = whole.ceilings[key], whole.floors[key]
        if ceiling is not None:
            assert best[key] == pytest.approx(ceiling, abs=1e-9), key
        if floor is not None and task.protocol.get("ties") != "wrong":
            assert constant[key] == pytest.approx(floor, abs=1e-9), key
        value = guessed[key]
        assert value is None or facts.lower is None or facts.lower <= value, key
        assert value is None or facts.upper is None or value <= facts.upper, key
    assert whole.floors[task.primary] is not None
    assert whole.ceilings[task.primary] is not None
    assert {sample.target for sample in shown(whole)} == {None}
    if task.protocol.get("ties") == "wrong":
        assert {constant[key] for key in ("text", "image", "group")} == {0.0}  # Winoground's strict rule
