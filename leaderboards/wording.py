"""What a board says in words, the same in every export: legend, footnotes, attribution."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmbench.leaderboards.reported import by_primary
from mmbench.numbers import NONE
from mmbench.wording import REPORTED, TOY

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard

SUITE_SCORE = (
    "Suite score: the mean over the suite's tasks of (value - floor) / (1 - floor), with value and floor those of "
    "each task's primary metric; the floor is analytic chance, never a model's score. 0 is chance, 100 is perfect, "
    "below chance stays negative. Given only where every task has a whole run of the suite's task version under the "
    "column's protocol. "
    "Its interval is the mean of the tasks' bounds, which errs on the wide side, since tasks share test items."
)
INTERVALS = (
    "Values stand with their 95 % interval in brackets; it covers the choice of test items. "
    "Shares are in %, everything else as it is; the arrow says which way is better."
)
RANKS = (
    "Ranks: 1 + the number of models whose interval lies wholly above. 1= is shared. "
    "Bold: rank 1, so no model is shown to be better; underlined: the next rank. "
    "A value without an interval is not ranked."
)
REFERENCES = (
    "Floor (chance) and best possible are analytic. "
    "Oracle, random, constant, majority and blind rows are runs; they are never ranked."
)
SIGNS = (
    "† not ranked: another protocol or a part of the data. "
    f"‡ the data differ from the published hash, none is published, or a check of them fails. ! samples that failed. {NONE} no value."
)
NEVER_RANKED = "They are of the published test split, come without an interval, and enter no rank and no suite score."


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: a sign, whom it is about, where, and what it says."""

    sign: str
    model: str
    tasks: tuple[str, ...]
    text: str

    @property
    def sentence(self) -> str:
        """The note without its sign."""
        where = f" on {', '.join(self.tasks)}" if self.tasks else ""
        return f"{self.model}{where}: {self.text}."


def facts(board: "Leaderboard") -> list[str]:
    """How to read a board: intervals, ranks, references, reported rows where there are some, signs."""
    papers = [f"{REPORTED} {NEVER_RANKED}"] if board.reported else []
    return [INTERVALS, RANKS, REFERENCES, *papers, SIGNS]


def notes(board: "Leaderboard") -> list[Note]:
    """What a reader must know of single cells, equal remarks of a model joined. A cell without a run needs none."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in board.rows:
        for column in board.columns:
            cell = row.cells[column.task]
            said = [(mark.sign, mark.text) for mark in cell.marks]
            reason = cell.reason(column.primary)
            said += [(NONE, reason)] if reason and cell.state != "missing" else []
            said += [("", sentence) for sentence in cell.left_out]
            for sign, text in said:
                found.setdefault((sign, row.label, text), []).append(column.task)
    signs = ["†", "‡", "!", NONE, ""]
    return [
        Note(sign, model, tuple(tasks), text)
        for (sign, model, text), tasks in sorted(found.items(), key=lambda one: signs.index(one[0][0]))
    ]


def toy_note(board: "Leaderboard") -> str:
    """The sentence about toy data, empty where there are none."""
    toy = sorted({data["key"] for data in board.datasets if data.get("toy")})
    if not toy and not (board.suite and board.suite.toy):
        return ""
    return f"{TOY} ({', '.join(toy)})" if toy else TOY


def remarks(board: "Leaderboard") -> list[str]:
    """Which runs are not scored or not shown, and how many reported rows a table of primary metrics leaves out."""
    found = [f"Not scored: {one.model} on {one.task}, run {one.run} ({one.status})." for one in board.unscored]
    if board.outside and board.suite is not None:
        found.append(f"{board.outside} runs of tasks outside {board.suite.name} are not shown.")
    rest = len(board.reported) - len(by_primary(board))
    if rest:
        rows = f"{rest} reported rows have" if rest > 1 else "1 reported row has"
        found.append(f"{rows} other metrics alone: see scores.csv, or the page with such a metric chosen.")
    return found


def attributions(board: "Leaderboard") -> list[str]:
    """One line per dataset: title, attribution, licence."""
    lines = {
        data["key"]: f"{data['title']}: {data['attribution']} Licence: {data['licence'] or 'unknown'}."
        for data in board.datasets
    }
    return list(lines.values())
