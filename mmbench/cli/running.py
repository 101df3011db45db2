"""What ``mmbench run`` does with its options: choose tasks, describe them, run them one after another."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mmbench.api import selected_tasks
from mmbench.engines.evaluation import Options, evaluate_one
from mmbench.errors import InterruptedRunError, RunFailedError, UserError
from mmbench.models import LoadedModel, load_model
from mmbench.runs.records import Run
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
    device: str | None = None
    dtype: str | None = None


def execute(request: Request, *, quiet: bool) -> list[Run]:
    """Run every task; one that fails is reported at the end, after the others. ``RunFailedError`` then names it."""
    model, tasks = chosen(request, quiet=quiet)
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


def chosen(request: Request, *, quiet: bool) -> tuple[LoadedModel, list[Task]]:
    """The model and the tasks that a command line names."""
    if bool(request.tasks) == bool(request.suite):
        raise UserError(
            "Name what to run: either tasks with -t or one suite with -s (see `mmbench list tasks`, `mmbench list suites`)."
        )
    model = load_model(request.model, device=request.device, dtype=request.dtype, **_arguments(request.model_args))
    say = None if quiet else lambda text: typer.echo(text, err=True)
    wanted = get_suite(request.suite) if request.suite else list(request.tasks)
    tasks = selected_tasks(model, wanted, say)
    if not tasks:
        raise UserError(f"{request.model} can do none of the tasks of {request.suite}.")
    return model, tasks


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


def _arguments(text: str | None) -> dict[str, Any]:
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
