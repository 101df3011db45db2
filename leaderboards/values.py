"""What a board is made of, as values: columns, rows, cells, and what is said about each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mmbench.runs.records import Run, Score
from mmbench.runs.reported import Reported

Kind = Literal["ceiling", "model", "floor"]
KINDS: tuple[Kind, ...] = ("ceiling", "model", "floor")  # the order in which a board shows them
Group = Literal["beside", "suite", "tasks"]
Exposure = Literal["trained on", "zero-shot", "unknown"]
State = Literal["comparable", "apart", "failed", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """What a board needs to know of a suite; the caller fills it, since boards know no tasks.

    Attributes:
        name, title: of the suite.
        tasks: id to version, in the order of the columns.
        beside: tasks shown first, as a group that does not enter the score; those without runs are left out.
        toy: a suite of built-in data.
        scored: whether there is a score over its tasks; without one its board ranks each task for itself.
    """

    name: str
    title: str
    tasks: Mapping[str, int]
    beside: tuple[str, ...] = ()
    toy: bool = False
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a column that is a score, not a tally.

    Attributes:
        key, title, higher_is_better, definition, source: as in ``Score``.
        unit: ``%`` where values are shown times 100, else empty.
    """

    key: str
    title: str
    unit: str
    higher_is_better: bool
    definition: str
    source: str

    @property
    def arrow(self) -> str:
        """Which way is better: ``↑`` or ``↓``."""
        return "↑" if self.higher_is_better else "↓"

    @property
    def heading(self) -> str:
        """The title with direction and unit: ``hit@10 ↑ %``."""
        return f"{self.title} {self.arrow} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Column:
    """A task under one protocol.

    Attributes:
        task: its id; ``title`` for people.
        group: ``beside`` or ``suite``; ``tasks`` on a board without a suite.
        version: the task version that the column ranks.
        protocol: digest of ``facts``; ``None`` where there is no whole run of that version, so that nothing is ranked.
        facts: the identity of its runs without model and batch size, and the metric's signature.
        measures: the scores that can be shown; empty where there is no run at all.
        primary: the key that ranks.
        n: samples of a run of this protocol.
    """

    task: str
    title: str
    group: Group
    version: int
    protocol: str | None
    facts: Mapping[str, Any]
    measures: tuple[Measure, ...]
    primary: str
    n: int | None

    @property
    def measure(self) -> Measure | None:
        """The primary measure."""
        return next((one for one in self.measures if one.key == self.primary), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a model stands in a column by one measure.

    Attributes:
        rank: 1 + the number of models whose interval lies wholly above this one's.
        tied: whether another model has the same rank.
        place: 1 for rank 1, 2 for the next rank that occurs, else ``None``; ``None`` where only one model is ranked.
    """

    rank: int
    tied: bool
    place: int | None

    @property
    def text(self) -> str:
        """``1``, or ``1=`` where it is shared."""
        return f"{self.rank}=" if self.tied else str(self.rank)


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign beside a value and what it means: ``†`` not ranked, ``‡`` data differ or are not pinned, ``!`` errors."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A model on a task.

    Attributes:
        state: ``comparable`` (the column's protocol), ``apart`` (another: never ranked), ``failed``, ``missing``.
        run: the run that is shown, ``None`` where there is none.
        marks: signs beside the value.
        exposure: whether the model was trained on this dataset.
        standings: by key, for ranked models.
        left_out: sentences about other runs of the same model and task.
    """

    state: State
    run: Run | None = None
    marks: tuple[Mark, ...] = ()
    exposure: Exposure = "unknown"
    standings: Mapping[str, Standing] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def score(self, key: str) -> Score | None:
        """The score under a key, ``None`` where the run failed, is missing or has no such key."""
        if self.run is None or self.state == "failed":
            return None
        return self.run.values.get(key)

    def reason(self, key: str) -> str | None:
        """Why there is no value, ``None`` where there is one."""
        if self.state == "missing":
            return "no run of this task"
        if self.state == "failed":
            return "the run failed"
        score = self.score(key)
        if score is None:
            return f"the run has no {key}"
        return None if score.value is not None else score.reason or "undefined on these samples"


@dataclass(frozen=True, slots=True)
class Total:
    """The suite score of a model.

    Attributes:
        value: the mean over the tasks of (value - floor) / (1 - floor); ``None`` unless every task has one.
        low, high: the means of the tasks' bounds, which errs on the wide side, since tasks share test items.
        have, of: tasks that have a value, and tasks of the suite.
        standing: among the complete models.
    """

    value: float | None
    low: float | None
    high: float | None
    have: int
    of: int
    standing: Standing | None = None

    @property
    def reason(self) -> str | None:
        """Why there is no value."""
        return None if self.value is not None else f"{self.have} of {self.of} tasks have a whole, comparable value"


@dataclass(frozen=True, slots=True)
class Row:
    """A model identity: name, revision and configuration.

    Attributes:
        key: digest of the identity.
        label: the name, with revision or configuration where another row has the same name.
        kind: only ``model`` rows are ranked.
        card: the model's facts.
        config: keyword arguments that it was made with.
        cells: by task.
        total: the suite score, ``None`` on a board without a suite.
    """

    key: str
    name: str
    label: str
    kind: Kind
    card: Mapping[str, Any]
    config: Mapping[str, Any]
    cells: Mapping[str, Cell]
    total: Total | None = None


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """Somebody else's numbers on the tasks of a board: cited, and never ranked.

    Attributes:
        name: the method, and whose numbers they are.
        citation: where they stand.
        numbers: by task and measure key; what the source does not report is not there.
    """

    name: str
    citation: str
    numbers: Mapping[str, Mapping[str, Reported]]

    def number(self, task: str, key: str) -> Reported | None:
        """The number of a task under a key, ``None`` where the source has none."""
        return self.numbers.get(task, {}).get(key)


@dataclass(frozen=True, slots=True)
class Unscored:
    """A run that is not scored: it failed, or has not finished."""

    model: str
    task: str
    run: str
    status: str
