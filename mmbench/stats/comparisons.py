"""Whether two models differ: paired permutation test by cluster, McNemar's test, and Holm's correction for many pairs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmbench.stats._labels import Array, IntArray, Labels, codes_of, finite
from mmbench.stats.resampling import FromSums

EXACT = 16  # up to 2^16 sign patterns are all tried
CELLS = 2**20  # signs held at a time


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The outcome of a paired test.

    Attributes:
        difference: mean of a minus mean of b.
        p_value: two-sided; never 0.
        permutations: how many sign patterns were looked at.
        exact: whether these were all there are.
    """

    difference: float
    p_value: float
    permutations: int
    exact: bool


def paired_permutation_test(
    a: ArrayLike, b: ArrayLike, *, clusters: Labels | None = None, permutations: int = 10_000, seed: int = 0
) -> PairedTest:
    """Whether the mean scores of two models on the same samples differ, by exchanging the models at random.

    The scores of a cluster are exchanged together. With 16 clusters or fewer all exchanges are tried; else the p-value
    is (c + 1) / (permutations + 1), where c of the random ones give a difference at least as large.

    Args:
        a: ``(n,)`` scores of one model.
        b: ``(n,)`` scores of the other, of the same samples in the same order.
        clusters: a label per sample.
        permutations: how many random exchanges.
        seed: of NumPy's PCG64 generator.

    Raises:
        ValueError: lists of different length, no samples, a value that is not finite, or ``permutations`` below 1.

    Source: Phipson and Smyth (2010) for the added 1; the sign-flip test is Fisher's (1935).
    """
    first, second = finite(a), finite(b)
    if first.shape != second.shape or not len(first) or permutations < 1:
        raise ValueError(f"a and b must be scores of the same one or more samples, got {len(first)} and {len(second)}.")
    gaps = first - second
    codes, count = codes_of(clusters, len(gaps), "clusters")
    totals = np.bincount(codes, weights=gaps, minlength=count)
    totals = totals[totals != 0]  # exchanging what is equal changes nothing
    seen = abs(float(totals.sum())) * (1 - 1e-12)  # a sum in another order rounds otherwise
    if len(totals) <= EXACT:
        patterns = 1 << len(totals)
        signs = 1 - 2 * (np.arange(patterns)[:, None] >> np.arange(len(totals)) & 1)
        hits = int((np.abs(signs @ totals) >= seen).sum())
        return PairedTest(float(gaps.mean()), hits / patterns, patterns, exact=True)
    hits = _random_hits(totals, seen, permutations, np.random.default_rng(seed))
    return PairedTest(float(gaps.mean()), (hits + 1) / (permutations + 1), permutations, exact=False)


def mcnemar_test(a: ArrayLike, b: ArrayLike) -> PairedTest:
    """Whether two models are right equally often: exact binomial test on the samples on which they disagree.

    Args:
        a: ``(n,)`` 0 or 1 (or bool).
        b: ``(n,)`` likewise, of the same samples.

    Raises:
        ValueError: lists of different length, no samples, or values other than 0 and 1.

    Source: McNemar (1947), exact two-sided version. It knows no clusters: ``paired_permutation_test`` does.
    """
    first, second = finite(a), finite(b)
    if first.shape != second.shape or not len(first) or not np.isin([*first, *second], (0, 1)).all():
        raise ValueError("a and b must be 0 or 1 for the same one or more samples.")
    only_a, only_b = int((first > second).sum()), int((first < second).sum())
    n = only_a + only_b
    tail = sum(math.comb(n, i) for i in range(min(only_a, only_b) + 1))
    return PairedTest(float((first - second).mean()), min(1.0, 2 * tail / 2**n), 2**n, exact=True)


def holm(p_values: ArrayLike) -> Array:
    """P-values after Holm's step-down correction for having looked at all of them.

    Args:
        p_values: ``(m,)`` in [0, 1]; NaN is no test, stays NaN and is not counted.

    Returns:
        ``(m,)`` float64 in [0, 1], in the order given.

    Raises:
        ValueError: a value out of range.

    Source: Holm (1979).
    """
    given = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(given))
    if given.ndim != 1 or (given[known] < 0).any() or (given[known] > 1).any():
        raise ValueError("p_values must be a list of numbers in [0, 1].")
    order = known[np.argsort(given[known], kind="stable")]
    found = np.full(len(given), np.nan)
    raised = given[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(raised), 1.0) if len(order) else raised
    return found


def _random_hits(totals: Array, seen: float, permutations: int, rng: np.random.Generator) -> int:
    """How many random sign patterns give a sum at least as far from 0; the stream does not depend on the block."""
    bytes_per_row = -(-len(totals) // 8)
    padded = np.zeros(8 * bytes_per_row)
    padded[: len(totals)] = totals
    whole, hits = float(totals.sum()), 0
    for start in range(0, permutations, max(1, CELLS // len(padded))):
        rows = min(max(1, CELLS // len(padded)), permutations - start)
        drawn = np.frombuffer(rng.bytes(rows * bytes_per_row), dtype=np.uint8).reshape(rows, bytes_per_row)
        kept = np.unpackbits(drawn, axis=1).astype(np.float64) @ padded
        hits += int((np.abs(2 * kept - whole) >= seen).sum())
    return hits


def paired_exchange_test(
    a: Mapping[str, Array],
    b: Mapping[str, Array],
    from_sums: FromSums,
    *,
    clusters: Labels | None = None,
    strata: Labels | None = None,
    permutations: int = 10_000,
    seed: int = 0,
) -> dict[str, PairedTest]:
    """``paired_permutation_test`` of everything that a metric computes from sums (an F1, a word error rate, a correlation).

    Args:
        a: per-sample arrays ``(n,)`` whose sums are sufficient, of one model.
        b: those of the other, on the same samples in the same order.
        from_sums: a dict of sums ``(r,)`` to a dict key -> values ``(r,)``.
        clusters: a label per sample; the scores of a cluster are exchanged together.
        strata: a label per sample, such as its fold: the statistic is then the mean of the strata's values.
        permutations: how many random exchanges.
        seed: of NumPy's PCG64 generator.

    Returns:
        per key the test; a key whose difference is undefined is left out. Random exchanges whose value is undefined count as at least
        as large, which errs on the safe side.

    Raises:
        ValueError: arrays of different length, or no samples.

    Source: as ``paired_permutation_test``; the exchange of models within clusters is that of approximate randomization (Noreen 1989).
    """
    names = sorted(a)
    first, second = (np.stack([finite(arrays[name]) for name in names]) for arrays in (a, b))
    if first.shape != second.shape or not first.size or permutations < 1:
        raise ValueError("a and b must be sums of the same one or more samples.")
    codes, count = codes_of(clusters, first.shape[1], "clusters")
    folds, n_folds = codes_of(strata, first.shape[1], "strata") if strata is not None else (np.zeros_like(codes), 1)
    parts = [_exchange(names, first, second, codes, count, folds == fold, from_sums) for fold in range(n_folds)]
    seen = _mean_over([part(np.zeros((1, count))) for part in parts])
    rng = np.random.default_rng(seed)
    hits = {key: 0 for key, value in seen.items() if np.isfinite(value[0])}
    for start in range(0, permutations, max(1, CELLS // count)):
        rows = min(max(1, CELLS // count), permutations - start)
        drawn = rng.integers(0, 2, size=(rows, count)).astype(np.float64)
        found = _mean_over([part(drawn) for part in parts])
        for key in hits:
            limit = abs(float(seen[key][0])) * (1 - 1e-12)
            hits[key] += int((~(np.abs(found[key]) < limit)).sum())
    return {
        key: PairedTest(float(seen[key][0]), (hit + 1) / (permutations + 1), permutations, exact=False)
        for key, hit in hits.items()
    }


def _exchange(
    names: list[str], first: Array, second: Array, codes: IntArray, count: int, chosen: Any, from_sums: FromSums
) -> Callable[[Array], dict[str, Array]]:
    """Differences of all keys by which clusters ``(r, count)`` are exchanged."""
    totals = [
        np.stack([np.bincount(codes[chosen], weights=row[chosen], minlength=count) for row in arrays])
        for arrays in (first, second)
    ]
    gap = totals[1] - totals[0]

    def differences(exchanged: Array) -> dict[str, Array]:
        moved = exchanged @ gap.T
        own = {name: totals[0][i].sum() + moved[:, i] for i, name in enumerate(names)}
        other = {name: totals[1][i].sum() - moved[:, i] for i, name in enumerate(names)}
        left, right = from_sums(own), from_sums(other)
        return {key: np.asarray(left[key]) - np.asarray(right[key]) for key in left}

    return differences


def _mean_over(parts: list[dict[str, Array]]) -> dict[str, Array]:
    return {key: np.mean([part[key] for part in parts], axis=0) for key in parts[0]}
