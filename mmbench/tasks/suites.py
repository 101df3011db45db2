"""Frozen lists of tasks with one number over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Aggregation = Literal["mean-gain", "none"]
AGGREGATIONS: tuple[str, ...] = get_args(Aggregation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A dated list of task versions. Once published it never changes; a successor has another name.

    The suite score ``mean-gain`` is the mean over ``tasks`` of (value - chance) / (1 - chance), value and analytic chance being those of
    the task's primary metric; below chance is negative and stays so. It is given only where every task of the suite has a value.
    ``none`` is for tasks whose primary metric has no chance level or where lower is better (error rates): each is ranked for itself.

    Attributes:
        name: ``family-version``.
        title: for people.
        tasks: id to version.
        beside: tasks shown with the suite where their data is installed; they do not enter the score.
        toy: a suite of built-in data, which enters no headline.
        aggregation: how the suite score is made.
    """

    name: str
    title: str
    tasks: Mapping[str, int]
    beside: tuple[str, ...] = ()
    toy: bool = False
    aggregation: Aggregation = "mean-gain"

    @property
    def family(self) -> str:
        """The name without its version."""
        return self.name.rpartition("-")[0]

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers behind the last hyphen, which order the suites of a family: 2026.10 comes after 2026.9."""
        return tuple(int(number) for number in self.name.rpartition("-")[2].split("."))
