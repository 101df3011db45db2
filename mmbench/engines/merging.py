"""``mmbench merge``: what machines without a common disk have made of the same runs becomes one output folder, and is scored."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from mmbench.engines.locks import sole_writer
from mmbench.engines.planning import DEFAULT_MAX_ERRORS
from mmbench.engines.recording import score_stored
from mmbench.errors import UserError
from mmbench.files import read_json, write_json
from mmbench.runs.hidden import withheld
from mmbench.runs.identity import folder_name
from mmbench.runs.records import SCHEMA_VERSION, Run, read_run
from mmbench.runs.store import Store
from mmbench.runs.uniting import unite
from mmbench.tasks import get_task
from mmbench.tasks.base import Plan, Task


@dataclass(frozen=True, slots=True)
class Merged:
    """A run that was put together.

    Attributes:
        folder: where it is now.
        record: its ``run.json``.
        sources: in how many of the folders it was.
        left: items that nobody has asked yet; ``None`` where the task is not known here.
        run: with its scores, where it is complete.
        note: why there are none.
    """

    folder: Path
    record: Mapping[str, Any]
    sources: int
    left: int | None
    run: Run | None
    note: str


def merge(
    folders: Sequence[Path], out: Path, *, tasks: Sequence[str] = (), max_errors: float = DEFAULT_MAX_ERRORS
) -> list[Merged]:
    """Unite the runs below some folders under another, and score those that are complete. Doing it again changes nothing.

    Args:
        folders: output folders of machines, or folders of runs.
        out: where the united runs go; may be one of ``folders``.
        tasks: ids of tasks on data of the user's own, as ``retrieval:photos``; those of the catalog are found by their id.
        max_errors: the share of failed samples, in [0, 1], above which a run is marked as failed.

    Raises:
        UserError: no runs are there, a file is damaged, or two folders hold different outputs for the same items.
    """
    found = _runs_below(folders)
    if not found:
        raise UserError(
            f"There are no runs below {', '.join(map(str, folders))}: name the folders that `mmbench run` wrote."
        )
    known = {task.id: task for task in map(get_task, tasks)}
    return [_merged(out / place, held, known, max_errors) for place, held in sorted(found.items())]


def command_of(record: Mapping[str, Any], out: Path, task: str) -> str:
    """The command that asks what is missing of a run of a task, as the task was typed."""
    facts = record["identity"]
    model = facts["model"]
    words = ["mmbench", "run", "-m", model["spec"] or model["name"], "-t", task, "--output-dir", str(out)]
    words += ["--batch-size", str(facts["batch_size"])]
    if facts["limit"] is not None:
        words += ["--limit", str(facts["limit"]), "--seed", str(facts["seed"])]
    if model["config"]:
        words += ["--model-args", json.dumps(model["config"])]
    return shlex.join(words)


def _runs_below(folders: Iterable[Path]) -> dict[Path, list[tuple[Path, dict[str, Any]]]]:
    """Run folders with their records, by the place that a run has in every output folder."""
    found: dict[Path, list[tuple[Path, dict[str, Any]]]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(
                f"There is no folder {folder}: name the folders that `mmbench run` wrote (their --output-dir)."
            )
        for path, record in _records(folder):
            place = Path(
                folder_name(record["model"]["name"]), folder_name(record["task"]["id"]), folder_name(record["id"])
            )
            if path not in [known for known, _ in found.get(place, [])]:
                found.setdefault(place, []).append((path, record))
    return found


def _records(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.rglob("run.json")):
        try:
            record = read_json(path)
        except ValueError as error:
            raise UserError(f"{path} is damaged ({error}): restore it, or run that machine's command again.") from error
        if record.get("schema") != SCHEMA_VERSION:
            raise UserError(f"{path} was written by another version of mmbench (schema {record.get('schema')}).")
        if (path.parent / "outputs").is_dir():
            yield path.parent.resolve(), record


def _merged(
    target: Path, held: Sequence[tuple[Path, dict[str, Any]]], known: Mapping[str, Task], max_errors: float
) -> Merged:
    first = held[0][1]
    for folder, record in held[1:]:
        if record["identity"] != first["identity"]:
            raise UserError(f"{folder} and {held[0][0]} have one id and are different runs: leave one of them out.")
    with sole_writer(target):
        for folder, _ in held:
            if folder != target.resolve():
                unite(folder / "outputs", target / "outputs")
        done = {"merged": datetime.now(UTC).isoformat(timespec="seconds"), "from": len(held)}
        record = {**first, "status": "running", "provenance": {**_provenance(held), **done}}
        write_json(target / "run.json", record)
        return _scored(target, record, len(held), known, max_errors)


def _provenance(held: Sequence[tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """Of the run that got furthest."""
    facts: Mapping[str, Any] = max((record["provenance"] for _, record in held), key=len)
    return dict(facts)


def _scored(target: Path, record: dict[str, Any], sources: int, known: Mapping[str, Task], max_errors: float) -> Merged:
    try:
        task = known.get(record["task"]["id"]) or get_task(record["task"]["id"])
    except UserError:
        note = f"not scored: {record['task']['id']} is on data of your own; say where it is with -t retrieval:FOLDER"
        return Merged(target, record, sources, None, None, note)
    plan = _planned(task, record)
    store = Store(target / "outputs")
    left = sum(len(store.missing(stage)) for stage in plan.stages)
    if left:
        return Merged(target, record, sources, left, None, f"{left:,} items are missing")
    scored = score_stored(task, plan, target)
    total = sum(len(stage.ids) for stage in plan.stages)
    failed = len(scored.errors) > max_errors * total
    write_json(target / "run.json", {**record, "status": "failed" if failed else "complete"})
    note = f"failed: {len(scored.errors)} samples are errors, above --max-errors {max_errors:g}" if failed else ""
    return Merged(target, record, sources, 0, read_run(target), note)


def _planned(task: Task, record: Mapping[str, Any]) -> Plan:
    facts = record["identity"]
    if task.version != facts["task_version"]:
        raise UserError(
            f"{task.id} is version {task.version} here, the runs are of {facts['task_version']}: take the mmbench that made them."
        )
    load = cache(partial(task.load, progress=True))
    split = load(task.split)
    if split.facts["fingerprint"] != facts["dataset"]["fingerprint"]:
        raise UserError(
            f"{task.dataset} {task.split} is other data here than where the runs were made: take the same revision of it."
        )
    privileged = bool(record["model"]["privileged"])
    plan = task.plan(
        load,
        limit=facts["limit"],
        seed=facts["seed"] or 0,
        privileged=privileged,
        ask=facts.get("ask", task.ask),
    )
    return withheld(task, plan, labelled=task.labelled(split), privileged=privileged)
