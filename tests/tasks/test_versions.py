"""A protocol does not change without a new version, and a published suite does not change at all."""

from dataclasses import replace

import pytest

from mmbench.tasks import Suite, Task, all_suites, all_tasks, get_task
from mmbench.tasks.kinds.choice import choice_task
from mmbench.tasks.kinds.zero_shot import Templates, ZeroShotTask
from tests.tasks.protocols import recorded, suite_digest, task_digest

RECORD = recorded()


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
def test_a_changed_protocol_has_a_new_version(task: Task) -> None:
    known = RECORD["tasks"].get(task.id, {}).get(str(task.version))
    assert known is not None, "a new task or version: run python -m tests.tasks.protocols"
    assert known == task_digest(task), f"{task.id} has changed: bump its version and add a line to its changelog"
    assert task.version == 1 or len(task.changelog) == task.version, "a line of changelog per version"
    assert max(map(int, RECORD["tasks"][task.id])) == task.version
    assert task.superseded_by is None or get_task(task.superseded_by)


@pytest.mark.parametrize("suite", all_suites(), ids=lambda suite: suite.name)
def test_a_published_suite_stays_as_it_is(suite: Suite) -> None:
    assert RECORD["suites"].get(suite.name) == suite_digest(suite), "a suite never changes: give it another name"
    assert not [key for key in suite.tasks if get_task(key).state]


def test_nothing_that_was_published_disappears() -> None:
    assert set(RECORD["tasks"]) <= {task.id for task in all_tasks()}, "deprecate a task instead of deleting it"
    assert set(RECORD["suites"]) <= {suite.name for suite in all_suites()}


def test_every_change_that_moves_a_score_is_seen() -> None:
    task = get_task("dtd.zero-shot")
    assert isinstance(task, ZeroShotTask)
    changes = [
        replace(task, templates=Templates(task.templates.id, (*task.templates.texts, "a {} thing."))),
        replace(task, labels=replace(task.labels, key="cifar10")),
        replace(task, split="train"),
        replace(task, primary="acc@5"),
        replace(task, metric=choice_task("x", "x").metric),
    ]
    assert len({task_digest(one) for one in (task, *changes)}) == 1 + len(changes)
    assert task_digest(replace(task, title="Other words", changelog=("Other words.",))) == task_digest(task)
