"""What a run leaves behind, as values: its identity, its facts, its scores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mmbench.errors import UserError
from mmbench.files import read_json

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["running", "complete", "failed"]
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Score:
    """One value with what it takes to read it.

    Attributes:
        metric: the key: ``hit@10``.
        title: for people.
        value: ``None`` where it is undefined; ``reason`` says why.
        low, high: the interval, ``None`` where there is none.
        n: samples behind the value; ``None`` where an imported log does not say.
        higher_is_better: the direction.
        floor: the analytic score of knowing nothing; ``ceiling``: the best possible. ``None`` where there is none.
        count: a tally, never a score.
        definition, source: what is computed, and after whom.
        resamples: behind the interval.
    """

    metric: str
    title: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    higher_is_better: bool
    floor: float | None
    ceiling: float | None
    count: bool
    definition: str
    source: str
    reason: str | None = None
    resamples: int | None = None


@dataclass(frozen=True)
class Run:
    """A run folder that has scores.

    Attributes:
        folder: ``runs/<model>/<task>/<id>``.
        record: ``run.json``: ``id``, ``identity``, ``status``, ``model`` (the card's facts), ``task``, ``dataset``, ``provenance``.
        report: ``scores.json``: ``metric`` (signature), ``primary``, ``n``, ``n_errors``, ``interval``, ``scores``, ``notes``.
    """

    folder: Path
    record: Mapping[str, Any]
    report: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The digest of the identity."""
        return str(self.record["id"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.record["model"]["name"])

    @property
    def task(self) -> str:
        """The task's id."""
        return str(self.record["task"]["id"])

    @property
    def limit(self) -> int | None:
        """The limit of a partial run, ``None`` for a whole one."""
        limit: int | None = self.record["identity"]["limit"]
        return limit

    @cached_property
    def values(self) -> dict[str, Score]:
        """The scores by key, in the metric's order."""
        return {fields["metric"]: Score(**fields) for fields in self.report["scores"]}

    @property
    def primary(self) -> Score:
        """The score that boards rank by."""
        return self.values[self.report["primary"]]

    @property
    def scores(self) -> "pd.DataFrame":
        """One row per key: ``metric, value, low, high, n, higher_is_better, floor, ceiling, reason``."""
        import pandas as pd

        columns = ["metric", "value", "low", "high", "n", "higher_is_better", "floor", "ceiling", "reason"]
        return pd.DataFrame(
            [{name: getattr(score, name) for name in columns} for score in self.values.values()], columns=columns
        )

    @property
    def samples(self) -> "pd.DataFrame":
        """One row per sample: ``id``, the metric's per-sample arrays, ``cluster``, ``error`` and what was predicted."""
        import pandas as pd

        return pd.read_parquet(self.folder / "samples.parquet")

    def __repr__(self) -> str:
        score = self.primary
        shown = "undefined" if score.value is None else f"{score.value:.4f}"
        return f"Run({self.model} on {self.task}: {score.metric} {shown}, n={score.n}, {self.folder})"


@dataclass(frozen=True, repr=False)
class Pending(Run):
    """A run of which this process's part is done, and whose scores another process gives: asked for them, it says so.

    Attributes:
        shard: which part: ``2/4``.
        asked: items that were asked now.
        left: items that other shards have still to ask; 0 where another shard scores the run.
    """

    shard: str
    asked: int
    left: int

    @cached_property
    def values(self) -> dict[str, Score]:
        """None yet: always a ``UserError``."""
        raise UserError(f"{self!r} has no scores yet: they are in {self.folder} when all shards are done.")

    def __repr__(self) -> str:
        return (
            f"Pending({self.model} on {self.task}: shard {self.shard} is done, {self.left:,} items are left to others)"
        )


def read_run(folder: Path) -> Run:
    """The run in a folder. ``UserError`` where it has no scores yet or a file of it is damaged."""
    paths = [folder / "run.json", folder / "scores.json"]
    for path in paths:
        if not path.exists():
            raise UserError(
                f"{folder} holds no finished run ({path.name} is missing): run the same command again, it goes on where it stopped."
            )
    documents = []
    for path in paths:
        try:
            documents.append(read_json(path))
        except ValueError as error:
            raise UserError(
                f"{path} is damaged ({error}): delete it and run the same command again, nothing is asked twice."
            ) from error
    if documents[0].get("schema") != SCHEMA_VERSION:
        raise UserError(
            f"{folder} was written by another version of mmbench (schema {documents[0].get('schema')}, this one reads {SCHEMA_VERSION})."
        )
    return Run(folder, documents[0], documents[1])


def find_runs(folder: Path) -> Iterator[Run]:
    """Every finished run at or below a folder, sorted by path; unfinished ones are passed over."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: name the folder that `mmbench run` wrote (its --output-dir).")
    for path in sorted(folder.rglob("run.json")):
        if (path.parent / "scores.json").exists():
            yield read_run(path.parent)
