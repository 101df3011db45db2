"""The leaderboard: built from runs once, then written as often as wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mmbench.errors import UserError
from mmbench.files import write_bytes, write_json
from mmbench.leaderboards.building import columns_of, rows_of
from mmbench.leaderboards.reading import Entry, folders_of, read_entries, unfinished
from mmbench.leaderboards.reported import reported_rows
from mmbench.leaderboards.values import Column, ReportedRow, Row, SuiteFacts, Unscored

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Leaderboard:
    """Models by tasks, with what it takes to read each number.

    Only models whose runs share a protocol (task version, prompt, data, split, denominator) are ranked together;
    floors, ceilings, partial runs and numbers from papers are shown and never ranked.

    Attributes:
        suite: the suite whose score is shown; ``None`` where there is no suite, or one without a score.
        columns: the tasks.
        rows: ceilings, models, floors; each from best to worst.
        unscored: runs that failed or have not finished.
        outside: runs of tasks that the suite does not hold.
        heading: of a suite without a score.
        reported: numbers from papers on the columns' data.
    """

    suite: SuiteFacts | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unscored: tuple[Unscored, ...]
    outside: int
    heading: str = "Leaderboard"
    reported: tuple[ReportedRow, ...] = ()

    @classmethod
    def from_runs(cls, folders: str | Path | Iterable[str | Path], *, suite: SuiteFacts | None = None) -> Self:
        """The board of every run at or below one folder or several.

        Args:
            folders: what ``mmbench evaluate`` wrote.
            suite: gives the columns and their order, and a score over them.

        Raises:
            UserError: a folder is missing, holds no finished run, or none of the suite's.
        """
        paths = folders_of(folders)
        entries = read_entries(paths)
        columns = columns_of(entries, suite)
        shown = {column.task for column in columns}
        inside = [entry for entry in entries if entry.run.task in shown]
        if not inside and suite is not None:
            raise UserError(
                f"None of the {len(entries)} runs belongs to the suite {suite.name}: "
                f"run `mmbench evaluate -m MODEL -s {suite.name}` first, or build the board without a suite."
            )
        waiting = [one for one in unfinished(paths) if one.task in shown or one.task == "unknown"]
        scored = suite if suite is None or suite.scored else None
        return cls(
            scored,
            columns,
            rows_of(inside, columns, scored),
            tuple(_failed(inside) + waiting),
            len(entries) - len(inside),
            "Leaderboard" if suite is None else suite.title,
            reported_rows(columns),
        )

    @property
    def title(self) -> str:
        """The suite's title, or ``Leaderboard``."""
        return self.heading if self.suite is None else self.suite.title

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """The facts of every version of a dataset that a shown run used, by key."""
        runs = [cell.run for row in self.rows for cell in row.cells.values() if cell.run is not None]
        facts = [dict(run.record["dataset"]) for run in runs]
        found = {(one["key"], str(one["revision"]), str(one["fingerprint"])): one for one in facts}
        return [found[key] for key in sorted(found)]

    def to_pandas(self) -> "pd.DataFrame":
        """One row per model, task and metric, with the columns of ``to_csv``; numbers from papers have the kind ``reported``."""
        import pandas as pd

        from mmbench.leaderboards.records import FIELDS, records

        return pd.DataFrame(records(self), columns=list(FIELDS))

    def to_csv(self, path: str | Path | None = None) -> str:
        """The long form as CSV, written to ``path`` too where one is given.

        Text that a spreadsheet would run as a formula gets a leading apostrophe.
        """
        from mmbench.leaderboards.records import csv_text

        return _written(csv_text(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """A table of models by tasks with legend and notes, written to ``path`` too where one is given."""
        from mmbench.leaderboards.markdown import markdown

        return _written(markdown(self), path)

    def to_latex(self, path: str | Path | None = None) -> str:
        """A ``booktabs`` table: best bold, second underlined; written to ``path`` too where one is given."""
        from mmbench.leaderboards.latex import latex

        return _written(latex(self), path)

    def to_dict(self) -> dict[str, Any]:
        """The whole board as one strict JSON document."""
        from mmbench.leaderboards.records import document

        return document(self)

    def to_html(self, folder: str | Path) -> Path:
        """Write ``index.html``, one page that asks for nothing else, with ``scores.csv`` and ``board.json`` beside it.

        Returns:
            The path of the page.
        """
        from mmbench.leaderboards.page import page

        target = Path(folder) / "index.html"
        write_bytes(target, page(self).encode())
        self.to_csv(target.with_name("scores.csv"))
        write_json(target.with_name("board.json"), self.to_dict())
        return target


def _failed(entries: Sequence[Entry]) -> list[Unscored]:
    return [
        Unscored(one.run.model, one.run.task, one.run.id, str(one.run.record["status"]))
        for one in entries
        if not one.complete
    ]


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_bytes(Path(path), text.encode())
    return text
