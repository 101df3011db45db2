"""Printing: scores and facts for people, one strict JSON document for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from mmbench.cli.tables import Rows, print_table

if TYPE_CHECKING:
    from mmbench.runs.records import Pending, Run, Score

TOKENS = {"input_tokens": "tokens in", "output_tokens": "tokens out"}


def json_document(value: Any) -> None:
    """Print one JSON document; NaN is an error, never output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def table(rows: Rows, columns: Sequence[str], *, title: str, as_json: bool, optional: int = 0) -> None:
    """Print rows as a table, see ``print_table``, or as a list of objects."""
    if as_json:
        json_document(list(rows))
    else:
        print_table(rows, columns, title=title, optional=optional)


def facts(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print names and values, nested ones indented."""
    if as_json:
        json_document(found)
        return
    for line in _lines(found, 0):
        typer.echo(line)


def scores(run: "Run", *, as_json: bool) -> None:
    """Print a run's scores with their intervals."""
    if as_json:
        json_document({"folder": str(run.folder), **run.report})
        return
    rows = [{"metric": one.metric, **_value(one), "note": one.reason} for one in run.values.values()]
    print_table(rows, list(rows[0]), title=f"{run.model} on {run.task}")
    typer.echo(f"{run.report['n_errors']} of {run.report['n']} samples failed. Run: {run.folder}")
    for remark in _remarks(run):
        typer.echo(f"  {remark}")


def primaries(found: "Sequence[Run]", *, title: str, as_json: bool) -> None:
    """Print the primary score of each run, or every report; a line for each that others have to finish."""
    from mmbench.runs.records import Pending

    pending = [one for one in found if isinstance(one, Pending)]
    runs = [one for one in found if not isinstance(one, Pending)]
    if as_json:
        json_document([{"folder": str(run.folder), **run.report} for run in runs] + [_pending(one) for one in pending])
        return
    for one in pending:
        rest = f"{one.left:,} items are left to other shards" if one.left else "another shard gives the scores"
        typer.echo(f"{one.model} on {one.task}: shard {one.shard} is done ({one.asked:,} items asked); {rest}.")
    if not runs:
        return
    rows = [
        {
            "task": run.task,
            "metric": run.primary.metric,
            **_value(run.primary),
            "errors": run.report["n_errors"],
            "note": run.primary.reason if run.limit is None else f"partial: limit {run.limit}",
        }
        for run in runs
    ]
    print_table(rows, list(rows[0]), title=title)
    for run in runs:
        typer.echo(f"{run.folder}{_spent(run.record['provenance'].get('usage', {}))}")
        for remark in _remarks(run):
            typer.echo(f"  {remark}")


def _remarks(run: "Run") -> list[str]:
    """What a reader of the value should know: how far repeated answers are apart, and what was counted."""
    counted = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.report["notes"].items() if count)
    again = run.report.get("repeats", {})
    spread = again.get("keys", {}).get(run.primary.metric)
    each = (
        []
        if spread is None
        else [f"{again['n']} answers each: {', '.join(f'{value:.4f}' for value in spread['values'])}"]
    )
    return [f"{line} (standard deviation {spread['sd']:.4f})" for line in each] + ([counted] if counted else [])


def _spent(usage: Mapping[str, Any]) -> str:
    """What a run's answers took in all, where somebody counted."""
    counted = [f"{usage[name]:,} {title}" for name, title in TOKENS.items() if name in usage]
    cost = [f"${usage['cost']:,.4f}"] if "cost" in usage else []
    return f" ({', '.join([*counted, *cost])})" if counted or cost else ""


def _pending(one: "Pending") -> dict[str, Any]:
    return {"folder": str(one.folder), "task": one.task, "shard": one.shard, "asked": one.asked, "left": one.left}


def _value(score: "Score") -> dict[str, Any]:
    interval = None if score.low is None or score.high is None else f"[{score.low:.4f}, {score.high:.4f}]"
    return {"value": score.value, "95 % interval": interval, "n": score.n, "chance": score.floor, "best": score.ceiling}


def _lines(value: Mapping[str, Any], depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    for key, item in value.items():
        if isinstance(item, Mapping) and set(item) == {"reason"}:
            lines.append(f"{pad}{key}: unknown ({item['reason']})")
        elif isinstance(item, Mapping) and item:
            lines += [f"{pad}{key}:", *_lines(item, depth + 1)]
        elif isinstance(item, list | tuple) and item and isinstance(item[0], Mapping):
            lines.append(f"{pad}{key}:")
            for one in item:
                first, *rest = _lines(one, depth + 2)
                lines += [f"{pad}  - {first.strip()}", *rest]
        elif isinstance(item, list | tuple | frozenset):
            lines.append(f"{pad}{key}: {', '.join(map(str, item)) or '–'}")
        else:
            lines.append(f"{pad}{key}: {'–' if item is None or item in ('', {}) else item}")
    return lines
