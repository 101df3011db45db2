"""Every task by writing, numbers or classes, on the synthetic twin of its data: the ceiling for an oracle, floors, and bounds."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders import get_card
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.sources import Twinned
from mmbench.loaders.twins import twin_card
from mmbench.samples import Modality, Request, TextPart
from mmbench.stats import estimate
from mmbench.tasks import Task, all_tasks, get_task
from mmbench.tasks.base import Plan

CLASSES = ("emotion-classification", "classification")
KINDS = ("question-answering", "captioning", "speech-recognition", "sentiment-regression", *CLASSES)
QUICK = (
    "vqav2.open", "mmmu.mcq", "mathvista.open", "opencompass-mmbench.circular", "hallusionbench.yes-no", "mme.yes-no", "pope.random.yes-no",
    "scienceqa.mcq", "mmau.mcq", "stvqa.test.open", "clotho.caption", "fleurs.th.asr", "librispeech.test-clean.asr", "cmu-mosi.regression",
    "meld.emotion", "memotion.emotion",
)  # fmt: skip
Answered = Callable[..., Any]


def _cases() -> list[Any]:
    return [
        pytest.param(task, ask, id=f"{task.id}-{ask}", marks=[] if task.id in QUICK else [pytest.mark.slow])
        for task in all_tasks()
        if task.kind in KINDS and isinstance(task.card.source, Twinned)
        for ask in task.asks
    ]


@cache
def twin_split(key: str, split: str) -> PairedDataset:
    twin = twin_card(get_card(key))
    whole = twin.source.for_split("") is twin.source  # a pickle holds all splits
    return open_splits(twin, list(twin.splits) if whole else [split], progress=False)[split]


def planned(task: Task, **how: Any) -> Plan:
    return task.plan(lambda split: twin_split(task.dataset, split), **how)


def values(task: Task, plan: Plan, outputs: Any) -> dict[str, float]:
    scored = plan.score(outputs)
    assert len(scored.ids) == len(set(scored.ids)) == len(scored.clusters) == plan.n
    return estimate(
        task.metric.sums(scored.arrays),
        task.metric.from_sums,
        arrays=scored.arrays,
        from_weights=task.metric.from_weights,
        strata=scored.strata,
    )


def _asks(task: Task, plan: Plan, ask: Any) -> None:
    """No target and nothing but what the task shows."""
    items: list[Any] = [item for stage in plan.stages for item in stage.items]
    assert {item.target for item in items} == {None}
    allowed = set(task.modalities) | (set() if ask == "predict" else {Modality.TEXT})
    for item in items:
        content = item.messages[-1].content if isinstance(item, Request) else item.content
        assert {part.modality for part in content} <= allowed


@pytest.mark.parametrize(("task", "ask"), _cases())
def test_oracle_constant_and_random(task: Task, ask: Any, answered: Answered) -> None:
    if task.id == "mustard.emotion":  # which fold a row is in stands in a pickle that a twin does not have
        with pytest.raises(ValueError, match="is in no fold: bring the file that says which"):
            planned(task, ask=ask)
        return
    whole, seen = planned(task, ask=ask), planned(task, ask=ask, privileged=True)
    _asks(task, whole, ask)
    if whole.hidden:
        assert not whole.score(answered(whole, "constant")).arrays
        return
    if task.judged:  # tests/engines/test_judging.py runs one with its judge
        with pytest.raises(UserError, match="needs a judge"):
            whole.score(answered(whole, "constant"))
        return
    best, constant = values(task, seen, answered(seen, "oracle")), values(task, whole, answered(whole, "constant"))
    guessed = values(task, whole, answered(whole, "random"))
    scores = {key: facts for key, facts in task.metric.keys.items() if not facts.count}
    for key, facts in scores.items():
        ceiling, floor = whole.ceilings[key], whole.floors[key]
        assert all(level is None or math.isfinite(level) for level in (ceiling, floor)), key
        if ceiling is not None:
            assert best[key] == pytest.approx(ceiling, abs=1e-9), key
        for value in (constant[key], guessed[key]):
            assert not value < (facts.lower if facts.lower is not None else -math.inf), key
            assert not value > (facts.upper if facts.upper is not None else math.inf), key
        if task.kind in CLASSES and ask == "predict" and floor is not None:
            assert constant[key] == pytest.approx(floor, abs=1e-9), key
    assert {whole.floors[key] for key in task.metric.keys.keys() - scores.keys()} <= {None}
    assert task.metric.keys[task.primary].higher_is_better == (task.kind != "speech-recognition")
    if task.kind == "question-answering":
        assert whole.ceilings[task.primary] == pytest.approx(1.0, abs=0.35)
        assert 0 <= (whole.floors[task.primary] or 0.0) < 1


@pytest.mark.parametrize("key", [key for key in QUICK if not key.startswith("stvqa")])
def test_bounds_lie_between_chance_and_the_ceiling(key: str) -> None:
    task = get_task(key)
    found = task.bounds(lambda split: twin_split(task.dataset, split), lambda fingerprint: fingerprint)
    best, chance = found.best[task.primary], found.chance[task.primary]
    assert found.n > 0
    assert best is None or chance is None or chance <= best


def test_the_words_that_are_put_to_a_model() -> None:
    """One worked sample per form."""
    asked = {}
    for key in (
        "vqav2.open",
        "ai2d.circular",
        "mmmu.mcq",
        "pope.random.yes-no",
        "clotho.caption",
        "librispeech.test-clean.asr",
    ):
        stage = planned(get_task(key)).stages[0]
        item: Any = stage.items[1]
        asked[key] = [
            part.text if isinstance(part, TextPart) else str(part.modality) for part in item.messages[-1].content
        ]
    assert asked["ai2d.circular"][0] == "image"
    lines = asked["ai2d.circular"][1].split("\n")
    assert lines[1:] == [
        "A. pupa", "B. egg", "C. adult", "D. larva", "Answer with the letter of the right option, nothing else.",
    ]  # fmt: skip
    assert asked["mmmu.mcq"][:4] == ["How does", "image", "differ from", "image"]
    assert asked["mmmu.mcq"][4].startswith("?\nA. size\nB. colour\nIf there are options, ")
    assert asked["pope.random.yes-no"] == [
        "image",
        "Is there a car in the image?\nAnswer with yes or no, nothing else.",
    ]
    assert asked["clotho.caption"] == ["audio", "Describe what is heard in one sentence."]
    assert asked["librispeech.test-clean.asr"][0] == "audio"
    assert asked["vqav2.open"][0] == "image"
