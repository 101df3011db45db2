"""Tables in a terminal of any width: words are kept whole as long as there is room, and no letter is ever lost."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

Rows = Sequence[Mapping[str, Any]]
WIDE = 140  # columns where nobody looks at a terminal: files and pipes
GAP = 2  # spaces between columns
LONG = 26  # words up to this length are not cut while there is room
MIDDLE = 15  # nor up to this length while a column can be left out
SHORT = 4  # nor up to this length while there is any room at all


def console_of() -> Console:
    """Standard output; wide where nobody looks at a terminal."""
    return Console(width=None if sys.stdout.isatty() else WIDE, emoji=False)


def new_table(title: str) -> Table:
    """A table without lines, and its title as it is."""
    return Table(title=escape(title) or None, title_justify="left", header_style="bold", box=None, pad_edge=False)


def print_table(rows: Rows, columns: Sequence[str], *, title: str, optional: int = 0, fold: bool = True) -> None:
    """Print rows as a table.

    Args:
        rows: with a value per column.
        columns: which, in order; names in the first are whole while there is room.
        title: above the table.
        optional: so many of the last columns are left out where there is no room, which is said.
        fold: texts may go over several lines before a column is left out.
    """
    console, found = console_of(), [_Column.of(name, rows, first=name == columns[0]) for name in columns]
    least = len(columns) - optional
    for count in range(len(columns), least - 1, -1):
        widths = _widths(found[:count], console.width, SHORT if count == least else MIDDLE, fold=fold or count == least)
        if widths:
            break
    _print(console, found[:count], widths, title)
    if count < len(columns):
        typer.echo(f"Without {', '.join(columns[count:])}: a wider terminal shows them, --json too.")


@dataclass(frozen=True, slots=True)
class _Column:
    """A heading and its cells as texts; numbers are ``whole`` and stand on the right."""

    name: str
    cells: tuple[str, ...]
    first: bool
    whole: bool

    @classmethod
    def of(cls, name: str, rows: Rows, *, first: bool) -> "_Column":
        values = [row[name] for row in rows]
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        return cls(name, tuple(map(_cell, values)), first, numeric)

    def most(self) -> int:
        """So wide that nothing is folded."""
        return max(cell_len(line) for text in (self.name, *self.cells) for line in text.split("\n"))

    def least(self, longest: int) -> int:
        """So wide that no word is cut before its ``longest``-th letter, nor a number."""
        whole = self.whole or (self.first and longest > SHORT)
        texts = (self.name, *self.cells) if whole else _pieces(" ".join((self.name, *self.cells)))
        return max([cell_len(text) if whole else min(cell_len(text), longest) for text in texts], default=1)


def _widths(columns: Sequence[_Column], room: int, shortest: int, *, fold: bool) -> list[int]:
    """How wide each column is, narrow ones whole first; nothing where words of ``shortest`` letters would be cut."""
    room -= GAP * (len(columns) - 1)
    most = [column.most() for column in columns]
    if sum(most) <= room:
        return most
    if not fold:
        return []
    for longest in range(LONG, shortest - 1, -1):
        widths = [column.least(longest) for column in columns]
        if sum(widths) <= room:
            for _ in range(room - sum(widths)):
                narrow = min((width, n) for n, width in enumerate(widths) if width < most[n])[1]
                widths[narrow] += 1
            return widths
    return []


def _print(console: Console, columns: Sequence[_Column], widths: Sequence[int], title: str) -> None:
    shown = new_table(title)
    widths = widths or [column.least(SHORT) for column in columns]
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(escape(column.name), justify="right" if column.whole else "left", overflow="fold", width=width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        shown.add_row(*(escape(_folded(cell, width)) for cell, width in zip(cells, widths, strict=True)))
    console.print(shown)


def _pieces(text: str) -> list[str]:
    """Words, and parts of words: a line may end behind a hyphen or a slash."""
    return [piece for word in text.split() for piece in re.split(r"(?<=[-/])(?=[^-/])", word)]


def _folded(text: str, width: int) -> str:
    """Lines of whole pieces; one that is longer is left for the table to cut."""
    lines = []
    for line in text.split("\n"):
        lines.append("")
        for word in line.split():
            gap = " " if lines[-1] else ""
            for piece in _pieces(word):
                if cell_len(lines[-1] + gap + piece) <= width or not lines[-1]:
                    lines[-1] += gap + piece
                else:
                    lines.append(piece)
                gap = ""
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
