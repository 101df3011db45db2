"""The board as a LaTeX table for a paper: booktabs, best bold, second underlined, intervals below the values."""

from typing import TYPE_CHECKING

from mmbench.leaderboards.reported import by_primary, cited, primary_text, sources
from mmbench.leaderboards.values import Cell, Column, Kind, ReportedRow, Row
from mmbench.leaderboards.wording import SUITE_SCORE, attributions, facts, notes, remarks, toy_note
from mmbench.numbers import NONE, interval, number
from mmbench.wording import NOT_OPENCOMPASS

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard

ESCAPES = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    NONE: "--",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "[": "{[}",
    "]": "{]}",  # a bracket behind \\ would be read as its argument
}
NEWLINE = r" \\"


def latex(board: "Leaderboard") -> str:
    """A ``table`` environment. The caption holds the legend; notes on single cells are comments behind it."""
    columns = "l" + "r" * (len(board.columns) + bool(board.suite))
    total = ["Suite score"] if board.suite else []
    heads = [_row("Model", [*total, *[escape(one.title) for one in board.columns]])]
    heads.append(_row("", [*([r"$\uparrow$ \%"] if board.suite else []), *[_measure(one) for one in board.columns]]))
    said = [f"{board.title}.", toy_note(board), *facts(board), *[one.sentence for one in sources(board)]]
    said += [SUITE_SCORE if board.suite else "", NOT_OPENCOMPASS]
    caption = " ".join(escape(line) for line in said if line)
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            *([r"% \usepackage{xcolor}"] if by_primary(board) else []),
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *heads,
            *_groups(board),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            *[f"% {_comment(note.sign + ' ' + note.sentence)}" for note in notes(board)],
            *[f"% {_comment(line)}" for line in [*remarks(board), *attributions(board)]],
            "",
        ]
    )


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands, on one line."""
    return "".join(ESCAPES.get(sign, sign) for sign in " ".join(text.split()))


def _comment(text: str) -> str:
    return " ".join(text.split())


def _row(first: str, cells: list[str]) -> str:
    return " & ".join([first, *cells]) + NEWLINE


def _measure(column: Column) -> str:
    return escape(column.measure.heading) if column.measure else ""


def _groups(board: "Leaderboard") -> list[str]:
    kinds: tuple[Kind, ...] = ("ceiling", "model", "floor")
    lines: list[str] = []
    for kind in kinds:
        rows = [row for row in board.rows if row.kind == kind]
        lines += [r"\midrule"] if rows else []
        for row in rows:
            lines += _lines(row, board)
    papers = [_reported(row, board) for row in by_primary(board)]
    return [*lines, *([r"\midrule"] if papers else []), *papers]


def _lines(row: Row, board: "Leaderboard") -> list[str]:
    """A line of values and a smaller one of intervals."""
    name = escape(row.label)
    values = [_value(row.cells[column.task], column) for column in board.columns]
    bounds = [_bounds(row.cells[column.task], column) for column in board.columns]
    if row.total is not None:
        shown = (
            f"-- {row.total.have}/{row.total.of}" if row.total.value is None else _math(number(row.total.value, "%"))
        )
        values.insert(0, _emphasis(shown, row.total.standing.place if row.total.standing else None))
        bounds.insert(0, _small(interval(row.total.low, row.total.high, "%")))
    lines = [_row(name if row.kind == "model" else rf"\textit{{{name}}}", values)]
    return [*lines, _row("", bounds)] if any(bounds) else lines


def _reported(row: ReportedRow, board: "Leaderboard") -> str:
    """A line in grey, without intervals."""
    values = [primary_text(row, column) for column in board.columns]
    shown = [*([NONE] if board.suite else []), *values]
    return _row(_grey(escape(cited(row, board))), [_grey("--" if one == NONE else _math(one)) for one in shown])


def _grey(text: str) -> str:
    return rf"\textcolor{{gray}}{{{text}}}"


def _value(cell: Cell, column: Column) -> str:
    score, measure = cell.score(column.primary), column.measure
    if score is None or score.value is None or measure is None:
        return "--"
    signs = "".join(escape(sign) for sign in dict.fromkeys(mark.sign for mark in cell.marks))
    standing = cell.standings.get(column.primary)
    text = _emphasis(_math(number(score.value, measure.unit)), standing.place if standing else None)
    return rf"{text}\textsuperscript{{{signs}}}" if signs else text


def _bounds(cell: Cell, column: Column) -> str:
    score, measure = cell.score(column.primary), column.measure
    return (
        ""
        if score is None or measure is None or score.value is None
        else _small(interval(score.low, score.high, measure.unit))
    )


def _small(text: str) -> str:
    return rf"{{\scriptsize ${text}$}}" if text else ""


def _math(text: str) -> str:
    """A negative number with a true minus sign."""
    return f"${text}$" if text.startswith("-") else text


def _emphasis(text: str, place: int | None) -> str:
    if place == 1:
        return rf"\textbf{{{text}}}"
    return rf"\underline{{{text}}}" if place == 2 else text
