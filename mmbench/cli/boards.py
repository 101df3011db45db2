"""A board in a terminal: a line per task while the models fit side by side, else a line per model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from mmbench.cli.tables import console_of, new_table
from mmbench.numbers import NONE, interval, number
from mmbench.wording import NOT_OPENCOMPASS, REPORTED, count

if TYPE_CHECKING:
    from mmbench.leaderboards import Leaderboard
    from mmbench.leaderboards.values import Column, Row, Total


def board(found: "Leaderboard") -> None:
    """Print a board: no value, interval or name is ever cut."""
    from mmbench.leaderboards.wording import toy_note

    console = console_of()
    by_task = _by_task(found)
    sideways = _fits(by_task, console)
    if sideways:
        console.print(by_task)
    else:
        _print_by_model(found, console)
    for line in (
        toy_note(found),
        f"95 % intervals {'below' if sideways else 'behind'} the values; they cover the choice of test items.",
        _papers(found, shown=not sideways),
        NOT_OPENCOMPASS,
    ):
        if line:
            typer.echo(line)


def _fits(shown: Table, console: Console) -> bool:
    return Measurement.get(console, console.options.update(max_width=100_000), shown).maximum <= console.width


def _by_task(found: "Leaderboard") -> Table:
    """A line per task, a column per model, intervals below the values. Numbers from papers would be columns too many."""
    shown = new_table(found.title)
    shown.add_column("task", no_wrap=True)
    for name in ("n", "chance"):
        shown.add_column(name, justify="right", style="dim")
    for row in found.rows:
        shown.add_column(escape(row.label), justify="right", style=_style(row), no_wrap=True)
    for column in found.columns:
        cells = [_cell(row, column, "\n") for row in found.rows]
        shown.add_row(_named(column), *_facts(found, column), *cells)
    if found.suite is not None:
        totals = [_total(row.total, "\n") for row in found.rows]
        shown.add_section()
        shown.add_row(f"[bold]{escape(found.suite.name)}[/bold]\n[dim]suite score ↑ %[/dim]", "", "0.0", *totals)
    return shown


def _print_by_model(found: "Leaderboard", console: Console) -> None:
    """A line per model, intervals behind the values; as many tasks side by side as there is room for, then the next below."""
    left, suite = list(found.columns), found.suite is not None
    title = found.title
    while left or suite:
        count = len(left)
        shown = _by_model(found, left, suite=suite, title=title)
        while not _fits(shown, console) and count + suite > 1:
            suite, count = (False, count) if suite and count else (suite, count - 1)
            shown = _by_model(found, left[:count], suite=suite, title=title)
        console.print(shown)
        left, suite, title = left[count:], found.suite is not None and not suite, ""


def _by_model(found: "Leaderboard", columns: "Sequence[Column]", *, suite: bool, title: str) -> Table:
    from mmbench.leaderboards.reported import by_primary, primary_text

    shown = new_table(title)
    shown.add_column("model", overflow="fold")
    for column in columns:
        shown.add_column(_named(column), justify="right", overflow="fold")
    if suite and found.suite is not None:
        shown.add_column(f"{escape(found.suite.name)}\n[dim]suite score ↑ %[/dim]", justify="right", overflow="fold")
    for row in found.rows:
        total = [_total(row.total, " ")] if suite else []
        shown.add_row(escape(row.label), *[_cell(row, column, " ") for column in columns], *total, style=_style(row))
    facts = [_facts(found, column) for column in columns]
    shown.add_section()
    for name, cells in zip(("n", "chance"), zip(*facts, strict=True), strict=False):
        shown.add_row(name, *cells, *([""] if suite else []), style="dim")
    shown.add_section()
    for paper in by_primary(found, columns):
        numbers = [primary_text(paper, column) for column in columns]
        shown.add_row(f"{escape(paper.name)} (reported)", *numbers, *([""] if suite else []), style="dim")
    return shown


def _papers(found: "Leaderboard", *, shown: bool) -> str:
    """What reported rows are, or how many are not shown, and where they stand with their citations."""
    from mmbench.leaderboards.reported import by_primary

    if shown and by_primary(found):
        return f"{REPORTED} They are never ranked. Citations: --markdown, or the page of --out."
    if not found.reported:
        return ""
    rows = count(len(found.reported), "reported row")
    return f"Not shown: {rows}, numbers from papers: see --markdown, or the page of --out for any metric."


def _style(row: "Row") -> str:
    return "" if row.kind == "model" else "dim"


def _named(column: "Column") -> str:
    heading = column.measure.heading if column.measure else column.primary
    return f"{escape(column.task)}\n[dim]{escape(heading)}[/dim]"


def _facts(found: "Leaderboard", column: "Column") -> tuple[str, str]:
    """How many samples, and chance."""
    scores = [row.cells[column.task].score(column.primary) for row in found.rows]
    floor = next((score.floor for score in scores if score is not None), None)
    return str(column.n or NONE), number(floor, _unit(column))


def _unit(column: "Column") -> str:
    return column.measure.unit if column.measure else ""


def _cell(row: "Row", column: "Column", between: str) -> str:
    score, unit = row.cells[column.task].score(column.primary), _unit(column)
    if score is None:
        return NONE
    return f"{number(score.value, unit)}{between}{interval(score.low, score.high, unit)}"


def _total(total: "Total | None", between: str) -> str:
    if total is None:
        return NONE
    if total.value is None:
        return f"{NONE}{between}{total.have}/{total.of}"
    return f"{number(total.value, '%')}{between}{interval(total.low, total.high, '%')}"
