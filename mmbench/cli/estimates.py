"""What ``mmbench run --dry-run`` says: what would be built, asked, stored and paid, and how long it would take."""

from collections.abc import Sequence
from typing import Any

import typer

from mmbench.cli import output
from mmbench.cli.running import Request, chosen
from mmbench.engines.estimate import estimate
from mmbench.engines.local import to_ask
from mmbench.engines.planning import Job, Options, prepare
from mmbench.loaders.cache import is_built
from mmbench.models import LoadedModel
from mmbench.runs.store import Store
from mmbench.tasks import Task

QUANTITIES = ("tokens in", "tokens out", "US$", "seconds")  # columns that are there where something is known


def describe(request: Request) -> list[dict[str, Any]]:
    """Per task what is planned; a column of which nothing is known is left out."""
    model, tasks = chosen(request, quiet=True)
    rows = [_row(model, task, request.options) for task in tasks]
    unknown = {name for name in QUANTITIES if all(row[name] is None for row in rows)}
    return [{name: value for name, value in row.items() if name not in unknown} for row in rows]


def said(rows: Sequence[dict[str, Any]], model: str, max_cost: float | None, *, as_json: bool) -> None:
    """Print the plan, and below it what all tasks take together."""
    shown = rows if as_json else [_for_people(row) for row in rows]
    output.table(shown, list(shown[0]), title=f"{model} would be asked (nothing was run)", as_json=as_json)
    if not as_json:
        for line in _together(rows, max_cost):
            typer.echo(line)


def _row(model: LoadedModel, task: Task, options: Options) -> dict[str, Any]:
    if not is_built(task.card, task.split):
        count = task.card.splits[task.split].count
        return {
            "task": task.id,
            "data": "would be built first",
            "items": count if isinstance(count, int) else "unknown",
            "stored": 0,
            "to ask": "all",
            **dict.fromkeys(QUANTITIES),
            "split": "–",
            "folder": "–",
        }
    job = prepare(model, task, options)
    found = estimate(job, options)
    usage = found.usage
    return {
        "task": task.id,
        "data": "in the cache",
        "items": found.items,
        "stored": found.items - found.left,
        "to ask": found.left,
        "tokens in": usage.input_tokens if usage else None,
        "tokens out": usage.output_tokens if usage else None,
        "US$": usage.cost if usage else None,
        "seconds": None if found.seconds is None else round(found.seconds, 1),
        "split": _split(job, options),
        "folder": str(job.folder),
    }


def _split(job: Job, options: Options) -> str:
    """How the work is divided: the batches of all, and of this process."""
    size, shard, store = options.batch_size, options.shard, Store(job.folder / "outputs")
    missing = [
        range(len(stage.ids)) if options.restart else to_ask(store, stage, options.retry_errors)
        for stage in job.plan.stages
    ]
    whole = sum(len({index // size for index in stage}) for stage in missing)
    if shard is not None:
        own = sum(len({index // size for index in shard.of(stage, size)}) for stage in missing)
        return f"{own} of {whole} batches (shard {shard})"
    if options.engine == "ray":
        return f"{whole} batches over {options.workers or 'as many as fit'} Ray actors"
    return (
        f"{whole} batches over {options.workers} processes"
        if (options.workers or 1) > 1
        else f"{whole} batches in this process"
    )


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("seconds", "split", "folder")}
    if "US$" in shown:
        shown["US$"] = None if row["US$"] is None else f"{row['US$']:,.2f}"
    if "seconds" in row:
        shown["time"] = None if row["seconds"] is None else duration(row["seconds"])
    return {**shown, "split": row["split"], "folder": row["folder"]}


def _together(rows: Sequence[dict[str, Any]], max_cost: float | None) -> list[str]:
    left = [row["to ask"] for row in rows]
    if all(value == 0 for value in left):
        return ["Nothing is left to ask."]
    lines = []
    if any(row["data"] != "in the cache" for row in rows):
        lines.append("What is not built yet is not estimated: `mmbench download KEY` builds it.")
    times = [row["seconds"] for row in rows if row.get("seconds") is not None]
    if times:
        lines.append(f"Together about {duration(sum(times))}, at the speed of earlier runs of the model.")
    costs = [row["US$"] for row in rows if row.get("US$") is not None]
    if costs:
        total = sum(costs)
        lines.append(f"Together about ${total:,.2f} at the prices that the model was given; --max-cost is a hard stop.")
        if max_cost is not None and total > max_cost:
            lines.append(
                f"That is above --max-cost {max_cost:g}: the run would stop there, and go on when called again."
            )
    return lines


def duration(seconds: float) -> str:
    """Seconds for people: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
