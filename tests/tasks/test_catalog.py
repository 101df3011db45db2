"""What every task and suite of the catalog has to state."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders import all_cards, get_card
from mmbench.samples import Modality
from mmbench.tasks import Suite, Task, all_suites, all_tasks, get_suite, get_task
from mmbench.tasks.base import Lazy


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
def test_a_task_of_the_catalog_is_complete(task: Task) -> None:
    assert get_task(task.id) is task
    dataset, _, protocol = task.id.partition(".")
    assert dataset == task.dataset
    assert protocol
    card = get_card(task.dataset)
    assert {task.split, *task.learned_from, task.train_split, task.valid_split} - {None} <= set(card.splits)
    held = set(card.modalities)
    spoken = {Modality.TEXT} if Modality.AUDIO in held else set()  # a transcript is a target, and no content
    assert task.modalities <= (held | {Modality.TEXT} if task.kind == "zero-shot-classification" else held | spoken)
    assert {"linear-probe": "zero-shot-classification"}.get(task.kind, task.kind) in card.task_kinds
    assert set(task.asks) >= {task.ask}
    assert all(task.shows(ask) <= task.modalities for ask in task.asks)
    assert not task.metric.keys[task.primary].count
    assert task.title
    assert task.version >= 1
    json.dumps(task.protocol)


WITHOUT = {"clevr-distance": "its fourth class has no name, so that no prompt can be said of it"}


@pytest.mark.parametrize("kind", ["retrieval", "zero-shot-classification", "compositional-choice"])
def test_every_set_that_is_used_for_a_kind_of_task_has_one(kind: str) -> None:
    served = {task.dataset for task in all_tasks() if task.kind == kind}
    assert {card.key for card in all_cards() if kind in card.task_kinds} - served == (
        set(WITHOUT) if kind == "zero-shot-classification" else set()
    )


def test_directions_are_named_after_their_facets() -> None:
    letters = {Modality.IMAGE: "i", Modality.TEXT: "t", Modality.AUDIO: "a"}
    found = [task for task in all_tasks() if task.kind == "retrieval"]
    assert len(found) >= 14
    for task in found:
        query, document = (getattr(task, side).modality for side in ("query", "document"))
        assert task.id.endswith(f".{letters[query]}2{letters[document]}")


def test_two_protocols_are_never_equal() -> None:
    spelled = [json.dumps([task.dataset, task.split, task.kind, task.protocol], sort_keys=True) for task in all_tasks()]
    assert len(set(spelled)) == len(spelled)


@pytest.mark.parametrize("suite", all_suites(), ids=lambda suite: suite.name)
def test_a_suite_lists_tasks_that_exist_in_that_version(suite: Suite) -> None:
    assert suite.tasks
    for key, version in suite.tasks.items():
        task = get_task(key)
        assert task.version == version
        assert get_card(task.dataset).toy <= suite.toy
    assert not set(suite.tasks) & set(suite.beside)
    for key in suite.beside:
        get_task(key)


def test_a_suite_is_found_by_its_family(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = get_suite("demo-1")
    assert get_suite("demo") is demo
    old, newer = (replace(demo, name=f"demo-{number}") for number in (9, 10))
    monkeypatch.setattr("mmbench.tasks._suites", lambda: {"demo-1": demo, "demo-10": newer, "demo-9": old})
    assert get_suite("demo") is newer


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no task named 'openmoji\.t2l': did you mean openmoji\.t2"):
        get_task("openmoji.t2l")
    with pytest.raises(UserError, match="no suite named 'demmo-1': did you mean demo-1"):
        get_suite("demmo-1")


def test_lazy_items_are_made_when_they_are_asked_for() -> None:
    made: list[int] = []

    def make(index: int) -> Any:
        made.append(index)
        return index * 10

    items = Lazy(5, make)
    assert made == []
    assert (items[2], items[-1], items[1:4], len(items)) == (20, 40, [10, 20, 30], 5)
    assert made == [2, 4, 1, 2, 3]
    assert list(items) == [0, 10, 20, 30, 40]
    for wrong in (5, -6):
        with pytest.raises(IndexError):
            items[wrong]
