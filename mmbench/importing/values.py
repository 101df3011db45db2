"""What a log of another tool holds, as values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mmbench.files import digest


@dataclass(frozen=True, slots=True)
class Measured:
    """A value that a tool reports.

    Attributes:
        value: as reported; ``None`` where the tool says that there is none (``N/A``, ``NaN``).
        higher_is_better: as the tool says; ``None`` where it does not say, and then higher is taken.
    """

    value: float | None
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample of a log.

    Attributes:
        id: the tool's; the runs of several models on one set have the same.
        scores: per metric the sample's score; absent where there is none.
        prediction, target: what was answered and what is right, where the log holds them.
        error: why there is no score.
        cluster: what the sample shares with others (its question, of repeated answers); its own id by default.
    """

    id: str
    scores: Mapping[str, float]
    prediction: str | None = None
    target: str | None = None
    error: str | None = None
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model on a task, as another tool logged it.

    Attributes:
        tool, version: which tool.
        model: the model's name; never a path of somebody's machine.
        revision: of the model, where the log has it.
        task: the tool's name of the task; boards call it ``tool:task``.
        kind: of the task, as in a card's ``task_kinds``, or ``""``.
        dataset, dataset_revision, split: of the data, where the log has them.
        metrics: by name.
        primary: the name that ranks.
        samples: empty where the log has none.
        protocol: JSON facts that two runs have to share to be ranked together.
        limit: of a partial run.
        n: how many samples; ``None`` where nobody says.
        finished: ISO 8601, or ``""``.
        files: name and sha256 of what was read.
        card: facts of the model: ``parameters, licence, open_weights, training_datasets, modalities``.
    """

    tool: str
    version: str
    model: str
    task: str
    metrics: Mapping[str, Measured]
    primary: str
    samples: Sequence[Answered]
    protocol: Mapping[str, Any]
    files: Mapping[str, str]
    revision: str | None = None
    kind: str = ""
    dataset: str | None = None
    dataset_revision: str | None = None
    split: str = ""
    limit: int | None = None
    n: int | None = None
    finished: str = ""
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Tells logs apart: the digests of their files, with model and task."""
        return digest([self.tool, self.model, self.task, dict(self.files)])


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was left out."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


Read: TypeAlias = Callable[[Path], Iterator[Found | Unreadable]]


@dataclass(frozen=True, slots=True)
class Reader:
    """How the logs of one tool are read.

    Attributes:
        tool: its name.
        files: what its files are called, for people.
        read: every log at or below a folder, older ones first.
        source: where the format is described.
    """

    tool: str
    files: str
    read: Read
    source: str
