"""The blind and the shuffled twin of every question about pictures: the same questions, without the picture or with another one."""

from functools import partial
from typing import Any

import pytest

from mmbench.samples import Modality, Request
from mmbench.tasks import all_tasks, get_task
from tests.tasks.twins import twin_split

QUESTIONS = [
    task.id
    for task in all_tasks()
    if task.kind == "question-answering" and Modality.IMAGE in task.modalities and task.dataset != "easy-vqa"
]


def _pictures(request: Request) -> list[str]:
    parts: list[Any] = [part for message in request.messages for part in message.content]
    return [part.sha256 for part in parts if part.modality is Modality.IMAGE]


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_question_without_its_picture_and_with_another_one(key: str) -> None:
    load = partial(twin_split, get_task(key).dataset)
    plans = [get_task(name).plan(load) for name in (key, f"{key}+blind", f"{key}+shuffled")]
    clean, blind, shuffled = (list[Any](plan.stages[0].items) for plan in plans)
    assert plans[0].stages[0].ids == plans[1].stages[0].ids == plans[2].stages[0].ids
    assert not any(map(_pictures, blind))
    assert all(request.text for request in blind)
    assert [len(_pictures(one)) for one in shuffled] == [len(_pictures(one)) for one in clean]
    assert any(_pictures(one) != _pictures(two) for one, two in zip(shuffled, clean, strict=True))
