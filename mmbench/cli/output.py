"""Printing: tables and facts for people, one strict JSON document for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from mmbench.runs.records import Run


def json_document(value: Any) -> None:
    """Print one JSON document; NaN is an error, never output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str, as_json: bool) -> None:
    """Print rows as a table, or as a list of objects."""
    if as_json:
        json_document(list(rows))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(soft_wrap=False)
    shown = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        numeric = all(isinstance(row[column], int | float) and not isinstance(row[column], bool) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(row[column]) for column in columns))
    console.print(shown)


def facts(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print names and values, nested ones indented."""
    if as_json:
        json_document(found)
        return
    for line in _lines(found, 0):
        typer.echo(line)


def scores(run: "Run", *, as_json: bool) -> None:
    """Print a run's scores with their intervals."""
    rows = [
        {"metric": one.metric, "value": one.value, "low": one.low, "high": one.high, "n": one.n, "floor": one.floor, "ceiling": one.ceiling, "note": one.reason}
        for one in run.values.values()
    ]
    if as_json:
        json_document({"folder": str(run.folder), **run.report})
        return
    table(rows, list(rows[0]), title=f"{run.model} on {run.task}", as_json=False)
    typer.echo(f"run: {run.folder}")


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
        if isinstance(item, Mapping):
            lines += [f"{pad}{key}:", *_lines(item, depth + 1)]
        elif isinstance(item, list | tuple) and item and isinstance(item[0], Mapping):
            lines.append(f"{pad}{key}:")
            for one in item:
                first, *rest = _lines(one, depth + 2)
                lines += [f"{pad}  - {first.strip()}", *rest]
        elif isinstance(item, list | tuple | frozenset):
            lines.append(f"{pad}{key}: {', '.join(map(str, item)) or '–'}")
        else:
            lines.append(f"{pad}{key}: {'–' if item is None or item == '' else item}")
    return lines
