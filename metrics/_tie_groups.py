"""The positives of each line (a ranked query) as groups that score the same, best first, and what is ahead of each."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._positives import IntArray
from mmbench.metrics.spec import Array


@dataclass(frozen=True, slots=True)
class TieGroups:
    """Groups of positives that tie, one entry per group, sorted by line and then by falling score.

    Attributes:
        n_lines: how many lines there are, those without positives included.
        line: the line of each group.
        level: 0 for the line's best group, 1 for the next.
        score: float64 score of the group's best positive, with which the negatives are compared.
        size: positives in the group.
        ahead: positives of the line in better groups.
        gain: the sum of the group's gains.
        gains: of each pair, sorted as the groups are and falling within a group.
    """

    n_lines: int
    line: IntArray
    level: IntArray
    score: Array
    size: IntArray
    ahead: IntArray
    gain: Array
    gains: Array

    def best(self) -> "TieGroups":
        """Only the best group of each line."""
        return self.take(np.flatnonzero(self.level == 0))

    def take(self, which: IntArray) -> "TieGroups":
        """Some groups; ``gains`` stays whole."""
        return replace(
            self,
            line=self.line[which],
            level=self.level[which],
            score=self.score[which],
            size=self.size[which],
            ahead=self.ahead[which],
            gain=self.gain[which],
        )

    def numbered(self, n_lines: int, number: IntArray) -> "TieGroups":
        """The same groups with ``number[line]`` for each line."""
        return replace(self, n_lines=n_lines, line=number[self.line])


def tie_groups(n_lines: int, line: IntArray, score: Array, gain: Array | None, near: Array | None) -> TieGroups:
    """Group the positive pairs ``(p,)`` of each line.

    Args:
        n_lines: how many lines there are.
        line: the line of each pair.
        score: float64; minus infinity ties with its like.
        gain: of each pair; ``None``: 1.
        near: how far below the group's best score each pair may lie and still tie; ``None``: not at all.
    """
    gains = np.ones(len(line)) if gain is None else gain
    order = np.lexsort((-gains, -score, line))
    lines, scores = line[order], score[order]
    starts = _group_starts(lines, scores, np.zeros(len(order)) if near is None else near[order])
    first = np.flatnonzero(starts)
    own = lines[first]
    line_start = np.maximum.accumulate(np.where(np.diff(own, prepend=-1) != 0, np.arange(len(first)), 0))
    if near is not None:  # near ties are in order of their scores, which says nothing about their gains
        group = np.cumsum(starts) - 1
        order = order[np.lexsort((-gains[order], group))]
    return TieGroups(
        n_lines=n_lines,
        line=own,
        level=np.arange(len(first)) - line_start,
        score=scores[first],
        size=np.diff(np.append(first, len(order))),
        ahead=first - first[line_start],
        gain=np.add.reduceat(gains[order], first) if len(first) else np.empty(0),
        gains=gains[order],
    )


def _group_starts(lines: IntArray, scores: Array, near: Array) -> NDArray[np.bool_]:
    """Where a group begins: at a new line, and at a score that is not near its group's best (not its neighbour's)."""
    starts = np.diff(lines, prepend=-1) != 0
    with np.errstate(invalid="ignore"):
        starts |= -np.diff(scores, prepend=np.inf) > near  # NaN between two minus infinities: they tie
        while near.any():
            best = scores[np.maximum.accumulate(np.where(starts, np.arange(len(scores)), 0))]
            far = ~starts & (best - scores > near)
            if not far.any():
                break
            starts |= far & ~np.append(
                False, far[:-1]
            )  # the first of them leads the next group; the rest may be near it
    return np.asarray(starts)


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """What decides the positions of all positives.

    Attributes:
        groups: of the positives that tie.
        greater: int64, negatives that score above each group.
        tied: int64, negatives that tie with each group.
        n_candidates: size of the gallery.
        failed: lines ``(n,)`` that the model gave no output for; they get the error value, whatever the counts say.
    """

    groups: TieGroups
    greater: IntArray
    tied: IntArray
    n_candidates: int
    failed: NDArray[np.bool_] | None = None

    def __add__(self, other: "GroupCounts") -> "GroupCounts":
        """The counts among both parts of a gallery, whose groups must be the same."""
        n = self.n_candidates + other.n_candidates
        return GroupCounts(self.groups, self.greater + other.greater, self.tied + other.tied, n, self.failed)
