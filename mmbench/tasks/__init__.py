"""Tasks by id: a dataset, a split, a protocol and a metric."""

from functools import cache
from pathlib import Path

from mmbench.discovery import collect
from mmbench.errors import unknown_key
from mmbench.loaders import DatasetCard
from mmbench.tasks.base import Task
from mmbench.tasks.modifiers import modified, split_name
from mmbench.tasks.own import PREFIX, own_task, own_tasks
from mmbench.tasks.suites import Suite
from mmbench.tasks.user_suites import is_suite_file, read_suite

__all__ = ["Suite", "Task", "all_suites", "all_tasks", "get_suite", "get_task", "is_suite", "tasks_on"]


@cache
def _catalog() -> dict[str, Task]:
    tasks = {task.id: task for task in collect("mmbench.tasks.catalog", Task)}  # type: ignore[type-abstract]
    return dict(sorted(tasks.items()))


@cache
def _suites() -> dict[str, Suite]:
    suites = {suite.name: suite for suite in collect("mmbench.tasks.catalog", Suite)}
    return dict(sorted(suites.items()))


def all_tasks() -> list[Task]:
    """Every task, sorted by id."""
    return list(_catalog().values())


def get_task(key: str) -> Task:
    """The task with this id, or ``retrieval:WHERE[#t2i]`` over the user's own folder or a dataset of the catalog (``tasks.own``).

    Modifiers may follow: ``flickr30k.t2i+jpeg3``, ``easy-vqa.open+blind``. ``UserError`` names the nearest ids that exist.
    """
    base, modifiers = split_name(key, _catalog())
    if base in _catalog():
        found = _catalog()[base]
    elif base.startswith(PREFIX):
        found = own_task(base, _catalog())
    else:
        raise unknown_key("task", base, list(_catalog()))
    return modified(found, modifiers) if modifiers else found


def tasks_on(card: DatasetCard) -> list[Task]:
    """The catalog's tasks on a dataset; for the user's own data, retrieval in both directions where it has two kinds of content."""
    found: list[Task] = [task for task in _catalog().values() if task.dataset == card.key]
    return found or list(own_tasks(card))


def all_suites() -> list[Suite]:
    """Every suite, sorted by name."""
    return list(_suites().values())


def is_suite(key: str) -> bool:
    """Whether ``get_suite`` would look for a suite under this name: one of the catalog's, or a YAML file."""
    return is_suite_file(key) or any(key in (suite.name, suite.family) for suite in _suites().values())


def get_suite(key: str) -> Suite:
    """The suite with this name; a name without its date or number is the newest of its kind; ``my-suite.yaml`` is the user's own.

    ``UserError`` otherwise.
    """
    if is_suite_file(key):
        return read_suite(Path(key), get_task)
    newest = [suite for suite in _suites().values() if suite.family == key]
    if key not in _suites() and newest:
        return max(newest, key=lambda suite: suite.version)
    if key not in _suites():
        raise unknown_key("suite", key, list(_suites()))
    return _suites()[key]
