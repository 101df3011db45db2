"""The user's own suites: ``my-suite.yaml`` with a name, a title and tasks with their versions, checked before anything runs."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from mmbench.errors import UserError
from mmbench.tasks.base import Task
from mmbench.tasks.suites import AGGREGATIONS, Aggregation, Suite

SUFFIXES = (".yaml", ".yml")
FIELDS = ("name", "title", "tasks", "beside", "aggregation")
EXAMPLE = "name: my-suite-1, title: My suite, tasks: {flickr30k.t2i: 1}"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
GetTask = Callable[[str], Task]


def is_suite_file(name: str) -> bool:
    """Whether a name is that of a YAML file rather than of a suite of the catalog."""
    return name.lower().endswith(SUFFIXES)


def read_suite(path: Path, get_task: GetTask) -> Suite:
    """The suite in a YAML file: ``name``, ``title``, ``tasks`` (id to version), and where they are wanted ``beside`` (a list of ids) and
    ``aggregation``.

    Args:
        path: the file.
        get_task: a task by its id.

    Raises:
        UserError: one sentence on the first thing that is wrong.
    """  # noqa: D205
    found = _document(path)
    unknown = sorted(set(found) - set(FIELDS))
    if unknown:
        raise UserError(f"{path} has a field {unknown[0]!r}: a suite has {', '.join(FIELDS)}.")
    for field in ("name", "title"):
        if not isinstance(found.get(field), str) or not found[field].strip():
            raise UserError(f"{path} has no {field}, a text: write for example {EXAMPLE}.")
    if not NAME.fullmatch(found["name"]):
        raise UserError(
            f"{path}: the name {found['name']!r} may hold letters, digits, dots, hyphens and underscores only."
        )
    aggregation = found.get("aggregation", AGGREGATIONS[0])
    if aggregation not in AGGREGATIONS:
        raise UserError(f"{path}: there is no aggregation {aggregation!r}, only {' or '.join(AGGREGATIONS)}.")
    tasks = _tasks(path, found.get("tasks"), get_task)
    beside = _beside(path, found.get("beside", []), tasks, get_task)
    toy = any(get_task(key).card.toy for key in tasks)
    return Suite(
        name=found["name"],
        title=found["title"],
        tasks=tasks,
        beside=beside,
        toy=toy,
        aggregation=cast("Aggregation", aggregation),
    )


def _document(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: a suite of your own is a YAML file, as {EXAMPLE}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} cannot be read as YAML ({reason}): write for example {EXAMPLE}.") from error
    if not isinstance(found, dict) or not all(isinstance(field, str) for field in found):
        raise UserError(f"{path} has to hold names and values, as {EXAMPLE}.")
    return found


def _tasks(path: Path, listed: Any, get_task: GetTask) -> dict[str, int]:
    if not isinstance(listed, dict) or not listed:
        raise UserError(f"{path} lists no tasks: write each with its version, as tasks: {{flickr30k.t2i: 1}}.")
    found: dict[str, int] = {}
    for key, version in listed.items():
        task = _task(path, key, get_task)
        if task.id != key:
            raise UserError(
                f"{path}: {key} is on data of your own; a suite holds tasks of the catalog (`mmbench list tasks`)."
            )
        if isinstance(version, bool) or not isinstance(version, int):
            raise UserError(f"{path}: the version of {key} is {version!r}; it has to be a number, now {task.version}.")
        if version != task.version:
            raise UserError(
                f"{path} asks for {key} in version {version}, and this mmbench has version {task.version}: change the file "
                "(and its name, since numbers of different versions are not comparable), or install the mmbench of that time."
            )
        if task.metric.keys[task.primary].count:
            raise UserError(f"{path}: {key} has no score that a suite could use.")
        found[task.id] = version
    return found


def _beside(path: Path, listed: Any, tasks: Mapping[str, int], get_task: GetTask) -> tuple[str, ...]:
    if not isinstance(listed, list):
        raise UserError(f"{path}: beside has to be a list of task ids.")
    found = tuple(_task(path, key, get_task).id for key in listed)
    twice = next((key for key in found if key in tasks), None)
    if twice is not None:
        raise UserError(f"{path} has {twice} among the tasks and beside them: choose one.")
    return found


def _task(path: Path, key: Any, get_task: GetTask) -> Task:
    if not isinstance(key, str):
        raise UserError(f"{path}: {key!r} is no task id.")
    try:
        return get_task(key)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
