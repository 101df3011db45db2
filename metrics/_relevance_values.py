"""Values that need the place of every positive: recall, average precision, R-precision and nDCG, ties as expectations."""

from collections.abc import Sequence

import numpy as np

from mmbench.metrics._positives import IntArray
from mmbench.metrics._rank_values import reciprocal_sum
from mmbench.metrics._tie_groups import GroupCounts, TieGroups
from mmbench.metrics.spec import Array


def relevance_arrays(counted: GroupCounts, k: Sequence[int], ties: str) -> dict[str, Array]:
    """Per-query float64 arrays ``(n,)``: ``recall@k``, ``map``, ``map@r``, ``r_precision`` and ``ndcg@k``.

    A group of m positives that ties with t negatives, behind a better candidates of which r are positives, takes the
    places a + 1 to a + m + t in random order: each place holds a positive with probability m / (m + t), and one that
    does has (m - 1) / (m + t - 1) of the group's other places expected before it. With "optimistic" and "pessimistic"
    the positives come first or last among their equals, so every positive is a group of its own. Queries without
    positives are NaN, failed ones 0.
    """
    places = _Places.expected(counted) if ties == "expected" else _Places.fixed(counted, ties)
    groups = counted.groups
    positives = np.bincount(groups.line, weights=groups.size, minlength=groups.n_lines)
    share = np.where(positives > 0, positives, np.nan)
    own = positives[places.line].astype(np.int64)
    found = {f"recall@{cut}": places.total(places.found_within(cut)) / share for cut in k}
    found["map"] = places.total(places.precisions(places.size)) / share
    found["map@r"] = places.total(places.precisions(places.within(own))) / share
    found["r_precision"] = places.total(places.found_within(own)) / share
    for cut in k:
        last = min(cut, max(counted.n_candidates, 1))
        found[f"ndcg@{cut}"] = places.total(places.gains_within(last)) / _ideal(groups, last)
    if counted.failed is not None:
        for values in found.values():
            values[counted.failed & (positives > 0)] = 0.0
    return found


class _Places:
    """Where positives stand: one entry per group of equals, arrays of the same length.

    ``line``: the query; ``before``: better candidates; ``ahead``: positives among them; ``size``: places that the group
    takes; ``positives``: how many of them are positive; ``gain``: their mean gain per place.
    """

    def __init__(
        self,
        n: int,
        line: IntArray,
        before: IntArray,
        ahead: IntArray,
        size: IntArray,
        positives: IntArray,
        gain: Array,
    ) -> None:
        self.n, self.line, self.before, self.ahead = n, line, before, ahead
        self.size, self.positives, self.gain = size, positives, gain

    @classmethod
    def expected(cls, counted: GroupCounts) -> "_Places":
        groups = counted.groups
        size = groups.size + counted.tied
        before = counted.greater + groups.ahead
        return cls(groups.n_lines, groups.line, before, groups.ahead, size, groups.size, groups.gain / size)

    @classmethod
    def fixed(cls, counted: GroupCounts, ties: str) -> "_Places":
        """Every positive at one place of its own; the pessimist also puts the higher gains later."""
        groups = counted.groups
        first = np.cumsum(groups.size) - groups.size
        within = np.arange(len(groups.gains)) - np.repeat(first, groups.size)
        greater, gains = counted.greater, groups.gains
        if ties == "pessimistic":
            greater = greater + counted.tied
            gains = gains[np.repeat(first + groups.size - 1, groups.size) - within]
        ahead = np.repeat(groups.ahead, groups.size) + within
        line, one = np.repeat(groups.line, groups.size), np.ones(len(gains), dtype=np.int64)
        return cls(groups.n_lines, line, np.repeat(greater, groups.size) + ahead, ahead, one, one, gains)

    def within(self, cut: int | IntArray) -> IntArray:
        """How many places of each group are among the first ``cut``."""
        return np.asarray(np.clip(cut - self.before, 0, self.size), dtype=np.int64)

    def found_within(self, cut: int | IntArray) -> Array:
        """Positives expected among the first ``cut`` places."""
        return np.asarray(self.positives / self.size * self.within(cut))

    def precisions(self, count: IntArray) -> Array:
        """Sum of the precisions expected at the positives on the first ``count`` places of each group."""
        sums = reciprocal_sum(self.before, count)
        others = (self.positives - 1) / np.maximum(self.size - 1, 1)
        later = count - (self.before + 1) * sums  # the sum of (j - 1) / (before + j)
        return np.asarray(self.positives / self.size * ((self.ahead + 1) * sums + others * later))

    def gains_within(self, cut: int) -> Array:
        """Discounted gain expected on the first ``cut`` places."""
        discounts = _discounts(cut)
        last = discounts[np.minimum(self.before + self.size, cut)]
        return np.asarray(self.gain * (last - discounts[np.minimum(self.before, cut)]))

    def total(self, values: Array) -> Array:
        """Sum over the groups of each query."""
        return np.asarray(np.bincount(self.line, weights=values, minlength=self.n), dtype=np.float64)


def _discounts(cut: int) -> Array:
    """Sums of the first discounts, 1 / log2(place + 1)."""
    return np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(2.0, cut + 2)))))


def _ideal(groups: TieGroups, cut: int) -> Array:
    """Discounted gain of each query's positives in the best order; NaN where there are none."""
    line = np.repeat(groups.line, groups.size)
    order = np.lexsort((-groups.gains, line))
    starts = np.searchsorted(line, np.arange(groups.n_lines))
    place = np.arange(len(line)) - starts[line]
    inside = place < cut
    worth = groups.gains[order][inside] / np.log2(place[inside] + 2.0)
    best = np.bincount(line[inside], weights=worth, minlength=groups.n_lines)
    return np.where(best > 0, best, np.nan)
