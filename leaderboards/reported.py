"""Numbers from papers on a board: which rows there are, which of them a table of primary metrics holds, and their numbered sources."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmbench.leaderboards.values import Column, ReportedRow
from mmbench.numbers import NONE, number
from mmbench.runs.reported import SPLIT, Reported, reported

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard


def reported_rows(columns: Sequence[Column]) -> tuple[ReportedRow, ...]:
    """What papers report on the columns' data, a row per method and citation, from best to worst in the first column that has them."""
    numbers: dict[tuple[str, str], dict[str, dict[str, Reported]]] = defaultdict(lambda: defaultdict(dict))
    for column in columns:
        for one in _of(column):
            numbers[one.name, one.citation][column.task][one.metric] = one
    rows = [
        ReportedRow(name, citation, {task: dict(found) for task, found in tasks.items()})
        for (name, citation), tasks in numbers.items()
    ]
    return tuple(_ordered(rows, columns))


def by_primary(board: "Leaderboard", columns: Sequence[Column] | None = None) -> list[ReportedRow]:
    """The rows that have a number of the primary metric of a column, of all columns or of some; in their order."""
    wanted = board.columns if columns is None else columns
    found = [row for row in board.reported if any(row.number(column.task, column.primary) for column in wanted)]
    return _ordered(found, wanted)


def primary_text(row: ReportedRow, column: Column) -> str:
    """The number of a column's primary metric as text, a dash where there is none."""
    one, measure = row.number(column.task, column.primary), column.measure
    return NONE if one is None or measure is None else number(one.value, measure.unit)


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers of primary metrics stand and what is said about them, under a number that tables put behind a row's name.

    Attributes:
        number: from 1, in the order of the rows.
        citation, note: as in ``Reported``.
        tasks: the columns that hold such numbers; empty where the board has only one column with reported numbers.
    """

    number: int
    citation: str
    note: str
    tasks: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """As a line below a table: ``[2] MMSA: mean of 5 seeds``, with a full stop."""
        where = f" (on {', '.join(self.tasks)})" if self.tasks else ""
        return f"[{self.number}] {self.citation}{where}{f': {self.note}' if self.note else ''}."


def sources(board: "Leaderboard") -> list[Source]:
    """Every source of the rows of ``by_primary``, each once."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in by_primary(board):
        for column in board.columns:
            one = row.number(column.task, column.primary)
            if one is not None:
                found.setdefault((one.citation, one.note), {})[column.task] = None
    several = len({task for tasks in found.values() for task in tasks}) > 1
    return [
        Source(number, citation, note, tuple(tasks) if several else ())
        for number, ((citation, note), tasks) in enumerate(found.items(), start=1)
    ]


def cited(row: ReportedRow, board: "Leaderboard") -> str:
    """A row's name with the numbers of its sources: ``TFN (MMSA) [1, 3]``."""
    ones = [row.number(column.task, column.primary) for column in board.columns]
    mine = {(one.citation, one.note) for one in ones if one is not None}
    numbers = [str(source.number) for source in sources(board) if (source.citation, source.note) in mine]
    return f"{row.name} [{', '.join(numbers)}]"


def _of(column: Column) -> list[Reported]:
    """Nothing where the column is on another split, or on data that a modifier changed; only scores that the column can show."""
    data = column.facts.get("dataset", {})
    if data.get("split") != SPLIT or column.facts.get("modifiers"):
        return []
    keys = {measure.key for measure in column.measures}
    return [one for one in reported(data["key"]) if one.metric in keys]


def _ordered(rows: Sequence[ReportedRow], columns: Sequence[Column]) -> list[ReportedRow]:
    return sorted(rows, key=lambda row: [_place(row, column) for column in columns])


def _place(row: ReportedRow, column: Column) -> tuple[bool, float]:
    one, measure = row.number(column.task, column.primary), column.measure
    if one is None or measure is None:
        return True, 0.0
    return False, -one.value if measure.higher_is_better else one.value
