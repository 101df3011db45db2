"""The board as a Markdown table, with every name from outside escaped."""

from typing import TYPE_CHECKING

from mmbench.leaderboards.reported import by_primary, cited, primary_text, sources
from mmbench.leaderboards.values import Cell, Column, ReportedRow, Row
from mmbench.leaderboards.wording import SUITE_SCORE, attributions, facts, notes, remarks, toy_note
from mmbench.numbers import NONE, interval, number
from mmbench.wording import NOT_OPENCOMPASS, escape_markdown

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard


def markdown(board: "Leaderboard") -> str:
    """Title, table, legend, notes, attribution."""
    head = [
        "Rank",
        "Model",
        *([f"{board.suite.name}<br>suite score ↑ %"] if board.suite else []),
        *map(_heading, board.columns),
    ]
    rows = [head, ["---:", "---", *["---:"] * (len(head) - 2)], *_rows(board)]
    table = [f"| {' | '.join(cells)} |" for cells in rows]
    lines = [toy_note(board), *facts(board), *([SUITE_SCORE] if board.suite else [])]
    lines += [f"{note.sign} {escape_markdown(note.sentence)}".lstrip() for note in notes(board)]
    lines += [escape_markdown(line) for line in remarks(board)]
    lines += [escape_markdown(one.sentence) for one in sources(board)]
    return "\n".join(
        [
            f"## {escape_markdown(board.title)}",
            "",
            *table,
            "",
            *[f"- {line}" for line in lines if line],
            "",
            *[f"{escape_markdown(line)}\\" for line in attributions(board)],
            NOT_OPENCOMPASS,
            "",
        ]
    )


def _heading(column: Column) -> str:
    side = " (beside)" if column.group == "beside" else ""
    measure = f"<br>{escape_markdown(column.measure.heading)}" if column.measure else ""
    return f"{escape_markdown(column.title)}{side}{measure}"


def _rows(board: "Leaderboard") -> list[list[str]]:
    kinds = {"ceiling": "*ceiling*", "floor": "*floor*"}
    lines = [_line(row, kinds.get(row.kind, ""), board) for row in board.rows]
    extra = [NONE] if board.suite else []
    counts = ["", "*samples*", *extra, *[NONE if column.n is None else str(column.n) for column in board.columns]]
    best = [
        "",
        "*best possible*",
        *(["100.0"] if board.suite else []),
        *[_bound(board, column, "ceiling") for column in board.columns],
    ]
    chance = [
        "",
        "*chance*",
        *(["0.0"] if board.suite else []),
        *[_bound(board, column, "floor") for column in board.columns],
    ]
    return [counts, best, *lines, chance, *[_reported(row, board) for row in by_primary(board)]]


def _bound(board: "Leaderboard", column: Column, name: str) -> str:
    """The analytic floor or ceiling that the column's runs share."""
    scores = [
        row.cells[column.task].score(column.primary)
        for row in board.rows
        if row.cells[column.task].state == "comparable"
    ]
    found = next((getattr(score, name) for score in scores if score is not None), None)
    return number(found, column.measure.unit if column.measure else "")


def _line(row: Row, kind: str, board: "Leaderboard") -> list[str]:
    column = board.columns[0]
    standing = row.total.standing if row.total else row.cells[column.task].standings.get(column.primary)
    rank = kind or (standing.text if standing else NONE)
    total = [_total(row)] if board.suite else []
    return [rank, escape_markdown(row.label), *total, *[_value(row.cells[one.task], one) for one in board.columns]]


def _reported(row: ReportedRow, board: "Leaderboard") -> list[str]:
    """A number from a paper: no rank, no interval, never bold."""
    total = [NONE] if board.suite else []
    values = [primary_text(row, column) for column in board.columns]
    return ["*reported*", escape_markdown(cited(row, board)), *total, *values]


def _total(row: Row) -> str:
    if row.total is None or row.total.value is None:
        return NONE if row.total is None else f"{NONE} {row.total.have}/{row.total.of}"
    text = f"{number(row.total.value, '%')} {interval(row.total.low, row.total.high, '%')}".rstrip()
    return _emphasis(text, row.total.standing.place if row.total.standing else None)


def _value(cell: Cell, column: Column) -> str:
    score, measure = cell.score(column.primary), column.measure
    signs = "".join(dict.fromkeys(mark.sign for mark in cell.marks))
    if score is None or score.value is None or measure is None:
        return f"{NONE} {signs}".rstrip()
    standing = cell.standings.get(column.primary)
    value = _emphasis(number(score.value, measure.unit), standing.place if standing else None)
    return " ".join(filter(None, [value, interval(score.low, score.high, measure.unit), signs]))


def _emphasis(text: str, place: int | None) -> str:
    if place == 1:
        return f"**{text}**"
    return f"<u>{text}</u>" if place == 2 else text
