"""Task modifiers by name; whatever is a ``Modifier`` in a file here can stand behind a task's id."""

from collections.abc import Container
from dataclasses import replace
from functools import cache
from typing import TypeVar

from mmbench.discovery import collect
from mmbench.errors import UserError
from mmbench.tasks.alterations import Applied, Modifier, apply
from mmbench.tasks.base import Task

T = TypeVar("T", bound=Task)
MARK = "+"


@cache
def all_modifiers() -> tuple[Modifier, ...]:
    """Every modifier, sorted by key."""
    return tuple(sorted(collect("mmbench.tasks.modifiers", Modifier), key=lambda one: one.key))


def split_name(key: str, ids: Container[str]) -> tuple[str, list[str]]:
    """What was typed to a task's id and the modifiers behind it. Of a path, which may hold a ``+``, only known ones are taken off."""
    base, *names = key.split(MARK)
    if base in ids:
        return base, names
    known = {one.key for one in all_modifiers()}
    base, names = key, []
    while MARK in base and base.rpartition(MARK)[2].rstrip("0123456789") in known:
        base, _, name = base.rpartition(MARK)
        names.insert(0, name)
    return base, names


def modified(task: T, names: list[str]) -> T:
    """The task on changed samples, under the name ``task+one+another``.

    Raises:
        UserError: no such modifier, one that this kind of task cannot have, or content that the task does not show.
    """
    known = {one.key: one for one in all_modifiers()}
    changes = tuple(apply(name, known) for name in names)
    for change in changes:
        _fits(task, change)
    if not task.modalities - {change.modifier.modality for change in changes if change.modifier.drops}:
        raise UserError(f"{task.id} cannot be modified by +{MARK.join(names)}: nothing would be left to show.")
    return replace(
        task,
        id=MARK.join([task.id, *names]),
        title=f"{task.title} ({', '.join(_title(change) for change in changes)})",
        changes=changes,
    )


def _fits(task: Task, change: Applied) -> None:
    modifier = change.modifier
    if modifier.kinds and task.kind not in modifier.kinds:
        raise UserError(
            f"{task.id} cannot be modified by +{change.name}: {task.kind} is none of {', '.join(modifier.kinds)}."
        )
    if modifier.modality not in task.changeable:
        raise UserError(
            f"{task.id} cannot be modified by +{change.name}: it scores no {modifier.modality} that can change."
        )


def _title(change: Applied) -> str:
    severity = change.name.removeprefix(change.modifier.key)
    return f"{change.modifier.title}, severity {severity}" if severity else change.modifier.title
