"""What ``mmbench run`` does with its options: choose tasks, describe them, run them one after another."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mmbench.api import selected_tasks
from mmbench.cli import output
from mmbench.engines.evaluation import evaluate_task
from mmbench.engines.planning import Options
from mmbench.engines.shards import Shard, launched, load_beside_others, parse_shard
from mmbench.errors import InterruptedRunError, RunFailedError, UserError
from mmbench.models import LoadedModel, load_model
from mmbench.runs.records import Run
from mmbench.tasks import Task, get_suite, get_task
from mmbench.wording import count

if TYPE_CHECKING:
    from mmbench.leaderboards import Leaderboard


@dataclass(frozen=True, slots=True)
class Request:
    """The options of ``mmbench run`` as they were typed."""

    model: str
    tasks: tuple[str, ...]
    suite: str | None
    model_args: str | None
    options: Options
    local_rank: int | None = None
    device: str | None = None
    dtype: str | None = None


def execute(request: Request, *, quiet: bool) -> list[Run]:
    """Run every task; one that fails is reported at the end, after the others. ``RunFailedError`` then names it."""
    model, tasks = chosen(request, quiet=quiet)
    runs: list[Run] = []
    failures = []
    for task in tasks:
        try:
            runs.append(evaluate_task(model, task, request.options))
        except KeyboardInterrupt as error:
            raise InterruptedRunError from error
        except RunFailedError as error:
            if len(tasks) == 1:
                raise
            failures.append(str(error))
    if failures:
        raise RunFailedError(f"{len(failures)} of {len(tasks)} runs failed. {' '.join(failures)}")
    return runs


def chosen(request: Request, *, quiet: bool) -> tuple[LoadedModel, list[Task]]:
    """The model and the tasks that a command line names."""
    if bool(request.tasks) == bool(request.suite):
        raise UserError(
            "Name what to run: either tasks with -t or one suite with -s (see `mmbench list tasks`, `mmbench list suites`)."
        )
    given = arguments(request.model_args)
    if request.local_rank is None or request.device is not None:
        model = load_model(request.model, device=request.device, dtype=request.dtype, **given)
    else:
        model = load_beside_others(request.model, request.local_rank, dtype=request.dtype, **given)
    say = None if quiet else lambda text: typer.echo(text, err=True)
    wanted = get_suite(request.suite) if request.suite else list(request.tasks)
    tasks = selected_tasks(model, wanted, say)
    if not tasks:
        raise UserError(f"{request.model} can do none of the tasks of {request.suite}.")
    return model, tasks


def merge_runs(folders: list[Path], out: Path, tasks: tuple[str, ...], max_errors: float, *, as_json: bool) -> None:
    """Merge, print a row per run, and end with ``RunFailedError`` where a run has no scores yet."""
    from mmbench.engines.merging import command_of, merge

    found = merge(folders, out, tasks=tasks, max_errors=max_errors)
    rows = [
        {
            "model": one.record["model"]["name"],
            "task": one.record["task"]["id"],
            "from": one.sources,
            "missing": one.left,
            "metric": None if one.run is None else one.run.primary.metric,
            "value": None if one.run is None else one.run.primary.value,
            "note": one.note,
            "folder": str(one.folder),
        }
        for one in found
    ]
    output.table(rows, list(rows[0]), title=f"{count(len(rows), 'run')} in {out}", as_json=as_json)
    open_ends = [one for one in found if one.note]
    if open_ends:
        first = next((one for one in open_ends if one.left), None)
        how = (
            ""
            if first is None
            else f" What is missing is asked by: {command_of(first.record, out, _typed(first.record, tasks))}"
        )
        raise RunFailedError(f"{len(open_ends)} of {len(found)} runs have no scores or failed: see the notes.{how}")


def _typed(record: Mapping[str, Any], tasks: tuple[str, ...]) -> str:
    name: str = record["task"]["id"]
    return next((key for key in tasks if get_task(key).id == name), name)


def placed(shard: str | None) -> tuple[Shard | None, int | None]:
    """The part that this process asks, and its place on its machine where a launcher started several.

    ``--shard`` wins over the environment; one shard of one is no shard.
    """
    launch = launched(os.environ)
    local_rank = None if launch is None else launch.local_rank
    part = parse_shard(shard) if shard is not None else launch.shard if launch is not None else None
    if shard is None and launch is not None and launch.shard.number == 1:
        typer.echo(
            f"{launch.by} started {launch.shard.count} processes: each asks a shard (--shard 1/1 asks all in one).",
            err=True,
        )
    return (None if part == Shard(1, 1) else part), local_rank


def board_of(runs: list[Path], suite: str | None) -> "Leaderboard":
    """The board of all runs below some folders."""
    from mmbench.leaderboards import Leaderboard, SuiteFacts

    if suite is None:
        return Leaderboard.from_runs(runs)
    found = get_suite(suite)
    return Leaderboard.from_runs(
        runs,
        suite=SuiteFacts(
            name=found.name,
            title=found.title,
            tasks=found.tasks,
            beside=found.beside,
            toy=found.toy,
            scored=found.aggregation != "none",
        ),
    )


def arguments(text: str | None) -> dict[str, Any]:
    """What ``--model-args`` says; ``UserError`` where it is no YAML of names and values."""
    import yaml

    if text is None:
        return {}
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"--model-args is not YAML: write names and values, as 'seed: 3' (it was {text!r}).") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UserError("--model-args has to be names and values in YAML, as 'seed: 3' or '{seed: 3, width: 8}'.")
    return found
