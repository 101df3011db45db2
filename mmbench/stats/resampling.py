"""Bootstrap intervals of everything that a metric reports, over samples that come in clusters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmbench.stats._labels import Array, IntArray, Labels, codes_of, finite

Arrays = Mapping[str, Array]
FromSums = Callable[[Arrays], Mapping[str, Array]]
FromWeights = Callable[[Arrays, Array], Mapping[str, Array]]

KINDS = 256  # of clusters, at most, whose numbers are drawn instead of the clusters
CELLS = 2**18  # draws held at a time: 2 MiB, which fits in cache; some ten times that while weights are ranked


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval; unpacks as ``low, high``.

    Attributes:
        low, high: its ends.
        resamples: how many resamples were drawn.
        undefined: in how many of them the value did not exist (a correlation among equal numbers); they are left out.
    """

    low: float
    high: float
    resamples: int
    undefined: int = 0

    def __iter__(self) -> Iterator[float]:
        """The two ends."""
        return iter((self.low, self.high))


def bootstrap_interval(
    sums: Arrays,
    from_sums: FromSums,
    *,
    arrays: Arrays | None = None,
    from_weights: FromWeights | None = None,
    clusters: Labels | None = None,
    strata: Labels | None = None,
    resamples: int = 10_000,
    weight_resamples: int = 1_000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """Percentile bootstrap intervals of everything that a metric reports, from whole clusters drawn with replacement.

    Made for a ``Metric``: ``bootstrap_interval(metric.sums(arrays), metric.from_sums, arrays=arrays,
    from_weights=metric.from_weights, clusters=groups)``. The same seed gives the same intervals, which do not depend on
    how the work is cut into blocks. Where clusters take few distinct values, how often each value comes is drawn
    instead of which clusters do: the distribution is the same, and the time that of the distinct values.

    Args:
        sums: per-sample arrays ``(n,)`` whose sums are sufficient.
        from_sums: a dict of sums ``(r,)`` to a dict key -> values ``(r,)``; NaN is undefined.
        arrays: per-sample arrays ``(n,)`` for ``from_weights``.
        from_weights: ``(arrays, weights (r, n))`` to a dict key -> values ``(r,)``, for what no sums can give.
        clusters: a label per sample: what is drawn together (captions of one picture); default: each sample is its own.
        strata: a label per sample, such as its fold: clusters are drawn within each stratum, and the statistic is the
            plain mean of the strata's values; it is undefined where one of them is.
        resamples: how many for keys from sums.
        weight_resamples: how many for keys from weights.
        level: coverage, in (0, 1).
        seed: of NumPy's PCG64 generator.

    Returns:
        An interval per key; ``None`` where there is none to be had: fewer than two clusters in some stratum, or more
        than half of the resamples undefined. It covers the choice of test items, not of training seeds.

    Raises:
        ValueError: arrays of different length, a missing label, a cluster in two strata, ``level`` or counts out of
            range.

    Note:
        Efron and Tibshirani (1993), chapter 13; equal to ``scipy.stats.bootstrap(method="percentile")`` on cluster
        sums.
    """
    if not 0 < level < 1 or resamples < 1 or weight_resamples < 1:
        raise ValueError("level must lie in (0, 1), and the numbers of resamples must be positive.")
    parts = _parts(_length({**sums, **(arrays or {})}), clusters, strata)
    points = _estimate(parts, sums, from_sums, arrays, from_weights)
    if any(part.n_clusters < 2 for part in parts):
        return dict.fromkeys(points)
    values = _mean_of_strata(
        from_sums(_resampled_sums(part, sums, resamples, _generator(seed, i))) for i, part in enumerate(parts)
    )
    if from_weights is not None and arrays is not None:
        values |= _mean_of_strata(
            _resampled_weights(part, arrays, from_weights, weight_resamples, _generator(seed, i))
            for i, part in enumerate(parts)
        )
    return {key: percentiles(values[key], level, point) for key, point in points.items()}


def bootstrap_mean(
    values: ArrayLike,
    *,
    clusters: Labels | None = None,
    strata: Labels | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval | None:
    """``bootstrap_interval`` of a mean (with ``strata``: of the mean of the strata's means).

    Args:
        values: ``(n,)`` finite numbers.
        clusters: a label per value.
        strata: a label per value.
        resamples: how many.
        level: coverage, in (0, 1).
        seed: of the generator.

    Raises:
        ValueError: a value that is not finite, and as in ``bootstrap_interval``.
    """
    numbers = finite(values)
    sums = {"total": numbers, "n": np.ones_like(numbers)}
    found = bootstrap_interval(
        sums, _mean, clusters=clusters, strata=strata, resamples=resamples, level=level, seed=seed
    )
    return found["mean"]


def estimate(
    sums: Arrays,
    from_sums: FromSums,
    *,
    arrays: Arrays | None = None,
    from_weights: FromWeights | None = None,
    strata: Labels | None = None,
) -> dict[str, float]:
    """The value that ``bootstrap_interval`` surrounds: with ``strata``, the plain mean of the strata's values.

    Args:
        sums: as in ``bootstrap_interval``, and so are the others.
        from_sums: see there.
        arrays: see there.
        from_weights: see there.
        strata: see there.

    Returns:
        A value per key, NaN where undefined (in any stratum).
    """
    parts = _parts(_length({**sums, **(arrays or {})}), None, strata)
    return _estimate(parts, sums, from_sums, arrays, from_weights)


@dataclass(frozen=True, slots=True)
class _Part:
    """One stratum: which samples, the cluster number of each, and how many clusters."""

    samples: IntArray
    clusters: IntArray
    n_clusters: int


def _parts(n: int, clusters: Labels | None, strata: Labels | None) -> list[_Part]:
    codes, count = codes_of(clusters, n, "clusters")
    if strata is None:
        return [_Part(np.arange(n), codes, count)]
    folds, n_folds = codes_of(strata, n, "strata")
    if len(np.unique(codes * n_folds + folds)) > count:
        raise ValueError("a cluster lies in two strata: they must not share clusters.")
    parts = []
    for fold in range(n_folds):
        samples = np.flatnonzero(folds == fold)
        present, inside = np.unique(codes[samples], return_inverse=True)
        parts.append(_Part(samples, inside, len(present)))
    return parts


def _length(arrays: Arrays) -> int:
    lengths = {len(values) for values in arrays.values()}
    if len(lengths) != 1:
        raise ValueError(f"all per-sample arrays must have the same length, got {sorted(lengths)}.")
    return lengths.pop()


def _generator(seed: int, stratum: int) -> np.random.Generator:
    return np.random.default_rng([seed, stratum])


def _mean(sums: Arrays) -> dict[str, Array]:
    return {"mean": sums["total"] / np.where(sums["n"] > 0, sums["n"], np.nan)}


def _estimate(
    parts: list[_Part], sums: Arrays, from_sums: FromSums, arrays: Arrays | None, from_weights: FromWeights | None
) -> dict[str, float]:
    found = _mean_of_strata(
        from_sums({name: values[part.samples].sum(keepdims=True) for name, values in sums.items()}) for part in parts
    )
    if from_weights is not None and arrays is not None:
        found |= _mean_of_strata(
            from_weights(_take(arrays, part.samples), np.ones((1, len(part.samples)))) for part in parts
        )
    return {key: float(values[0]) for key, values in found.items()}


def _take(arrays: Arrays, samples: IntArray) -> dict[str, Array]:
    return {name: values[samples] for name, values in arrays.items()}


def _mean_of_strata(found: Iterator[Mapping[str, Any]]) -> dict[str, Array]:
    strata = list(found)
    return {key: np.mean([values[key] for values in strata], axis=0) for key in strata[0]} if strata else {}


def _resampled_sums(part: _Part, sums: Arrays, resamples: int, rng: np.random.Generator) -> dict[str, Array]:
    """Sums ``(resamples,)`` over drawn clusters: gathering is 8 times faster than multinomial weights.

    Each resample is one pairwise sum, so nothing depends on the block; a product with a matrix of counts would be
    faster for many keys, but BLAS rounds by block shape.
    """
    n = part.n_clusters
    totals: dict[str, Array] = {
        name: np.bincount(part.clusters, weights=values[part.samples], minlength=n).astype(np.float64)
        for name, values in sums.items()
    }
    kinds = _kinds(totals, n)
    if kinds is not None:
        return _resampled_kinds(*kinds, resamples, rng)
    found = {name: np.empty(resamples) for name in totals}
    for draws, rows in _draws(n, resamples, max(1, CELLS // n), rng):
        for name, per_cluster in totals.items():
            same = bool((per_cluster == per_cluster[0]).all())
            found[name][rows] = per_cluster[0] * n if same else np.take(per_cluster, draws).sum(axis=1)
    return found


def _kinds(totals: Arrays, n: int) -> tuple[dict[str, Array], IntArray] | None:
    """The distinct combinations of values and how many clusters have each; ``None`` where they are too many to help."""
    limit = min(KINDS, n // 30)  # a multinomial count costs as much as some thirty gathered values
    codes, count = np.zeros(n, dtype=np.int64), 1
    for values in totals.values():
        distinct, own = np.unique(values, return_inverse=True)
        if len(distinct) > limit:
            return None
        combined, codes = np.unique(codes * len(distinct) + own, return_inverse=True)
        count = len(combined)
        if count > limit:
            return None
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    return {name: values[first] for name, values in totals.items()}, counts


def _resampled_kinds(values: Arrays, counts: IntArray, resamples: int, rng: np.random.Generator) -> dict[str, Array]:
    """Sums ``(resamples,)`` from how often each kind of cluster is drawn."""
    n, found = int(counts.sum()), {name: np.empty(resamples) for name in values}
    block = max(1, CELLS // len(counts))
    for start in range(0, resamples, block):
        rows = slice(start, min(start + block, resamples))
        drawn = rng.multinomial(n, counts / n, size=rows.stop - rows.start)
        for name, value in values.items():
            found[name][rows] = (drawn * value).sum(axis=1)
    return found


def _resampled_weights(
    part: _Part, arrays: Arrays, from_weights: FromWeights, resamples: int, rng: np.random.Generator
) -> dict[str, Array]:
    own = _take(arrays, part.samples)
    blocks = []
    for draws, _ in _draws(part.n_clusters, resamples, max(1, CELLS // len(part.samples)), rng):
        counts = np.stack([np.bincount(draw, minlength=part.n_clusters) for draw in draws])
        blocks.append(from_weights(own, counts[:, part.clusters].astype(np.float64)))
    return {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}


def _draws(n: int, resamples: int, block: int, rng: np.random.Generator) -> Iterator[tuple[IntArray, slice]]:
    """Drawn cluster numbers ``(rows, n)``, a block of resamples at a time, from one stream whatever the block is."""
    for start in range(0, resamples, block):
        rows = slice(start, min(start + block, resamples))
        yield rng.integers(0, n, size=(rows.stop - rows.start, n), dtype=np.int64), rows


def percentiles(values: Array, level: float, point: float) -> Interval | None:
    """The interval of resampled values ``(r,)``, NaN being undefined; ``None`` where more than half are, or ``point`` is."""
    defined = values[np.isfinite(values)]
    undefined = len(values) - len(defined)
    if 2 * undefined > len(values) or not np.isfinite(point):
        return None
    ends = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    # A resample's sum rounds otherwise than the whole one's: an end that differs by that only is the value itself.
    near = np.abs(ends - point) <= 1e-12 * max(1.0, abs(point))
    low, high = np.where(near, point, ends)
    return Interval(float(low), float(high), len(values), undefined)
