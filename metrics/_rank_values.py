"""From counts of better and tied candidates to ranks, hits and reciprocal ranks, ties as exact expectations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._positives import IntArray
from mmbench.metrics._tie_groups import GroupCounts
from mmbench.metrics.spec import Array

TIES = ("expected", "optimistic", "pessimistic")
FAR = 64  # the series' next term is 1e-16 of the sum from here on


@dataclass(frozen=True, slots=True)
class Counts:
    """What decides a query's rank, int64 arrays ``(n,)``.

    Attributes:
        greater: negatives that score above the query's best positive.
        tied: negatives that score the same as it.
        best: positives that score the same as it, itself included; 0 marks a query without positives.
        n_candidates: size of the gallery.
        failed: queries that the model gave no output for; they get the last rank, whatever the counts say.
    """

    greater: IntArray
    tied: IntArray
    best: IntArray
    n_candidates: int
    failed: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, counted: GroupCounts) -> "Counts":
        """Those of the best group of each line."""
        groups = counted.groups
        at = np.flatnonzero(groups.level == 0)
        found = np.zeros((3, groups.n_lines), dtype=np.int64)
        found[:, groups.line[at]] = counted.greater[at], counted.tied[at], groups.size[at]
        return cls(found[0], found[1], found[2], counted.n_candidates, counted.failed)


def rank_arrays(counts: Counts, k: Sequence[int], ties: str) -> dict[str, Array]:
    """Per-query float64 arrays ``(n,)``.

    They are ``hit@k``, ``rank``, ``reciprocal_rank``, ``rank_optimistic``, ``rank_pessimistic``, ``tied`` and
    ``empty``.

    With g better and t tied negatives and m positives at the best score, a random order among the tied gives the first
    positive the rank g + X, where X is the smallest of m positions drawn without replacement from t + m: E[X] = (t + m
    + 1) / (m + 1). Queries without positives are NaN everywhere but in ``empty``.
    """
    g, t, m = counts.greater, counts.tied, np.maximum(counts.best, 1)
    low = (1 + g).astype(np.float64)
    high = (1 + g + t).astype(np.float64)
    if ties == "expected":
        found = _expected(g, t, m, k)
    else:
        rank = low if ties == "optimistic" else high
        found = {f"hit@{cut}": (rank <= cut).astype(np.float64) for cut in k} | {
            "rank": rank,
            "reciprocal_rank": 1 / rank,
        }
    found |= {"rank_optimistic": low, "rank_pessimistic": high, "tied": (t > 0).astype(np.float64)}
    if counts.failed is not None:
        _give_last_rank(found, counts.failed, counts.n_candidates)
    empty = counts.best == 0
    return {name: np.where(empty, np.nan, values) for name, values in found.items()} | {
        "empty": empty.astype(np.float64)
    }


def _give_last_rank(found: dict[str, Array], failed: NDArray[np.bool_], last: int) -> None:
    for name, values in found.items():
        error = last if name.startswith("rank") else 1 / max(last, 1) if name == "reciprocal_rank" else 0.0
        values[failed] = error


def _expected(g: IntArray, t: IntArray, m: IntArray, k: Sequence[int]) -> dict[str, Array]:
    found = {f"hit@{cut}": (g < cut).astype(np.float64) for cut in k}
    found["rank"] = g + (t + m + 1) / (m + 1)
    found["reciprocal_rank"] = 1 / (g + 1.0)
    ties = np.flatnonzero(t)
    if len(ties):
        # A collapsed model ties everywhere in the same way, so each distinct situation is worked out once.
        kinds, which = np.unique(np.stack((g[ties], t[ties], m[ties])), axis=1, return_inverse=True)
        which = which.reshape(-1)
        for cut, values in zip(k, _expected_hits(kinds[0], kinds[1], kinds[2], k), strict=True):
            found[f"hit@{cut}"][ties] = values[which]
        found["reciprocal_rank"][ties] = _expected_reciprocal(kinds[0], kinds[1], kinds[2])[which]
    return found


def _expected_hits(g: IntArray, t: IntArray, m: IntArray, k: Sequence[int]) -> list[Array]:
    """P(g + X <= k) for every k, summed over positions; equals 1 - C(t, r) / C(t + m, r) with r = k - g."""
    hits = [np.where(cut - g > t, 1.0, 0.0) for cut in k]
    none_so_far = np.ones(len(g))
    for i in range(min(max(k), int(t.max()) + 1)):
        here = none_so_far * m / np.maximum(t + m - i, 1)
        for cut, values in zip(k, hits, strict=True):
            np.add(values, here, out=values, where=(i < cut - g) & (cut - g <= t))
        none_so_far = none_so_far * np.maximum(t - i, 0) / np.maximum(t + m - i, 1)
    return hits


def _expected_reciprocal(g: IntArray, t: IntArray, m: IntArray) -> Array:
    """E[1 / (g + X)]: in closed form for one positive, a sum over the positions otherwise."""
    found = reciprocal_sum(g, t + 1) / (t + 1)
    for one in np.flatnonzero(m > 1):
        before = np.arange(t[one] + 1, dtype=np.float64)
        left = t[one] + m[one] - before
        none_so_far = np.concatenate(([1.0], np.cumprod((t[one] - before[:-1]) / left[:-1])))
        found[one] = np.sum(none_so_far * m[one] / left / (g[one] + 1 + before))
    return np.asarray(found)


def reciprocal_sum(after: IntArray, count: IntArray) -> Array:
    """Sums of ``1 / (after + j)`` for j = 1 to ``count``, to float64's relative precision.

    The first terms are added; from ``FAR`` on, Euler and Maclaurin's series of the digamma function is exact enough,
    and taken as a difference it loses no digits, as harmonic numbers subtracted from each other would.
    """
    total = np.zeros(len(after))
    for j in range(1, FAR + 1):
        here = after + j
        np.add(total, 1 / here, out=total, where=(here <= FAR) & (j <= count))
    low = np.maximum(after, FAR).astype(np.float64)
    high = np.maximum(after + count, low)
    x, y = low + 1, high + 1
    gap = y - x
    series = np.log1p(gap / x) + gap / (2 * x * y)
    for power, divisor in ((2, 12), (4, -120), (6, 252)):
        series += (1 / x**power - 1 / y**power) / divisor
    return np.asarray(total + series)
