"""When a run has to stop: too many items failed, or too much was spent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmbench.errors import RunFailedError
from mmbench.samples import Usage


@dataclass(slots=True)
class Budget:
    """The US dollars that one command may spend, over all its runs.

    Attributes:
        limit: ``None`` for no limit.
        spent: by answers that arrived, as far as the model knows prices.
    """

    limit: float | None = None
    spent: float = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked."""
        return self.limit is not None and self.spent >= self.limit

    def add(self, usage: Usage | None) -> None:
        """Count an answer."""
        if usage is not None and usage.cost is not None:
            self.spent += usage.cost

    def failure(self, title: str, left: int) -> RunFailedError:
        """What to say when the money is gone and ``left`` items are not."""
        return RunFailedError(
            f"{title} stopped at --max-cost {self.limit:g}: ${self.spent:.4f} were spent and {left:,} items are left. "
            "Every answer is kept: run the same command again to spend as much again, or raise --max-cost."
        )


@dataclass(slots=True)
class Failures:
    """The items of a run that failed, against how many may.

    Attributes:
        task: its id.
        folder: of the run.
        share: of the items, in [0, 1], that may fail (``--max-errors``).
        total: the items of all stages.
        again: the option that asks again for what failed.
        n: that failed so far.
        first: an id and its reason.
    """

    task: str
    folder: Path
    share: float
    total: int
    again: str = "--restart"
    n: int = 0
    first: tuple[str, str] | None = None

    def add(self, errors: Mapping[str, str]) -> None:
        """Count failed items."""
        if errors and self.first is None:
            self.first = next(iter(errors.items()))
        self.n += len(errors)

    @property
    def are_too_many(self) -> bool:
        """Whether the run fails, whatever comes."""
        return self.n > self.share * self.total

    def failure(self) -> RunFailedError:
        """What to say."""
        key, reason = self.first or ("?", "?")
        return RunFailedError(
            f"{self.n} samples of {self.task} failed, above --max-errors {self.share:g} (the first, {key}: {reason}). "
            f"Everything is kept in {self.folder}: raise --max-errors to accept it, or mend the cause and run again with {self.again}."
        )
