"""Printing: tables and facts for people, one strict JSON document for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mmbench.runs.records import Pending, Run, Score

LONG = 26  # words up to this length are never cut
TOKENS = {"input_tokens": "tokens in", "output_tokens": "tokens out"}
WIDE = 140  # columns where nobody looks at a terminal: files and pipes


def json_document(value: Any) -> None:
    """Print one JSON document; NaN is an error, never output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def console_of() -> "Console":
    """Standard output; wide where nobody looks at a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDE)


def fits(shown: "Table", console: "Console") -> bool:
    """Whether a table needs no line to be folded."""
    from rich.measure import Measurement

    unbounded = console.options.update(max_width=100_000)
    return Measurement.get(console, unbounded, shown).maximum <= console.width


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    title: str,
    as_json: bool,
    optional: int = 0,
) -> None:
    """Print rows as a table, or as a list of objects.

    Args:
        rows: with a value per column.
        columns: which, in order.
        title: above the table.
        as_json: print a list of objects.
        optional: so many of the last columns are left out where they do not fit.
    """
    if as_json:
        json_document(list(rows))
        return
    console, kept = console_of(), len(columns)
    shown = _table(rows, columns, title)
    while kept > len(columns) - optional and not fits(shown, console):
        kept -= 1
        shown = _table(rows, columns[:kept], title)
    console.print(shown)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str) -> "Table":
    from rich.table import Table

    shown = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        numeric = all(isinstance(row[column], int | float) and not isinstance(row[column], bool) for row in rows)
        shown.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=number == 0 or numeric,
            min_width=max(
                (len(word) for row in rows for word in str(row[column]).split() if len(word) <= LONG), default=1
            ),
        )
    for row in rows:
        shown.add_row(*(_cell(row[column]) for column in columns))
    return shown


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
    table(rows, list(rows[0]), title=f"{run.model} on {run.task}", as_json=False)
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
    table(rows, list(rows[0]), title=title, as_json=False)
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


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


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
