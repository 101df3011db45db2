"""Two ways to compute the same thing, taking turns in one process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One race.

    Attributes:
        task: what both computed, on how much.
        peer: whose code ran beside ours.
        peer_s: its median seconds.
        ours_s: our median seconds.
        difference: the largest absolute difference between the two results.
    """

    task: str
    peer: str
    peer_s: float
    ours_s: float
    difference: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.peer_s / self.ours_s


def race(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> tuple[float, float, Any, Any]:
    """Median seconds of both, taking turns, and what they returned; a first round isn't counted."""
    values, wanted = ours(), theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times), values, wanted


def seconds(run: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
