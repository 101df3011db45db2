"""What ``mmbench run`` does with its options: choose tasks, describe them, run them one after another."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mmbench.api import selected_tasks
from mmbench.engines.evaluation import Options, evaluate_one, prepare
from mmbench.errors import InterruptedRunError, RunFailedError, UserError
from mmbench.loaders.cache import is_built
from mmbench.models import LoadedModel, load_model
from mmbench.runs.records import Run
from mmbench.runs.store import Store
from mmbench.tasks import Task, get_suite

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


def execute(request: Request, *, quiet: bool) -> list[Run]:
    """Run every task; one that fails is reported at the end, after the others. ``RunFailedError`` then names it."""
    model, tasks = _chosen(request, quiet=quiet)
    runs, failures = [], []
    for task in tasks:
        try:
            runs.append(evaluate_one(model, task, request.options))
        except KeyboardInterrupt as error:
            raise InterruptedRunError from error
        except RunFailedError as error:
            if len(tasks) == 1:
                raise
            failures.append(str(error))
    if failures:
        raise RunFailedError(f"{len(failures)} of {len(tasks)} runs failed. {' '.join(failures)}")
    return runs


def describe(request: Request) -> list[dict[str, Any]]:
    """Per task what would be built, asked and stored."""
    model, tasks = _chosen(request, quiet=True)
    return [_plan_row(model, task, request.options) for task in tasks]


def board_of(runs: list[Path], suite: str | None) -> "Leaderboard":
    """The board of all runs below some folders."""
    from mmbench.leaderboards import Leaderboard, SuiteFacts

    if suite is None:
        return Leaderboard.from_runs(runs)
    found = get_suite(suite)
    return Leaderboard.from_runs(
        runs,
        suite=SuiteFacts(name=found.name, title=found.title, tasks=found.tasks, beside=found.beside, toy=found.toy),
    )


def _chosen(request: Request, *, quiet: bool) -> tuple[LoadedModel, list[Task]]:
    if bool(request.tasks) == bool(request.suite):
        raise UserError(
            "Name what to run: either tasks with -t or one suite with -s (see `mmbench list tasks`, `mmbench list suites`)."
        )
    model = load_model(request.model, **arguments(request.model_args))
    say = None if quiet else lambda text: typer.echo(text, err=True)
    chosen = get_suite(request.suite) if request.suite else list(request.tasks)
    tasks = selected_tasks(model, chosen, say)
    if not tasks:
        raise UserError(f"{request.model} can do none of the tasks of {request.suite}.")
    return model, tasks


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


def _plan_row(model: LoadedModel, task: Task, options: Options) -> dict[str, Any]:
    if not is_built(task.card, task.split):
        count = task.card.splits[task.split].count
        return {
            "task": task.id,
            "data": "would be built first",
            "items": count if isinstance(count, int) else "unknown",
            "stored": 0,
            "to ask": "all",
            "folder": "–",
        }
    job = prepare(model, task, options)
    store = Store(job.folder / "outputs")
    total = sum(len(stage.ids) for stage in job.plan.stages)
    left = total if options.restart else sum(len(store.missing(stage)) for stage in job.plan.stages)
    return {
        "task": task.id,
        "data": "in the cache",
        "items": total,
        "stored": total - left,
        "to ask": left,
        "folder": str(job.folder),
    }
