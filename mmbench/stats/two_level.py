"""Models that were trained with several seeds, compared on the same samples: a bootstrap of seeds and of clusters of samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeAlias

import numpy as np

from mmbench.stats._labels import Array, IntArray, Labels, codes_of
from mmbench.stats.comparisons import holm
from mmbench.stats.ranks import tie_groups
from mmbench.stats.resampling import Arrays, FromSums, FromWeights, Interval, percentiles

RESAMPLES = 10_000
CELLS = 2**21  # counts of clusters, or weights of samples, held at a time: 16 MiB
Trained: TypeAlias = Arrays
"""One model: per name ``(S, n)``, a row per seed; ``(S, n, c)`` where ``from_weights`` needs a row per sample."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two models are apart.

    Attributes:
        difference: the value of a less that of b; NaN where one is undefined.
        low, high: the ends of its percentile interval; ``None`` where there is none to be had.
        p_value: two-sided, never 0; ``None`` likewise.
        resamples: how many resamples were drawn.
        undefined: in how many of them the difference did not exist; in the p-value they count as large ones.
        p_holm: the p-value after Holm's correction for all pairs; ``None`` where no pairs were corrected.
    """

    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    resamples: int
    undefined: int = 0
    p_holm: float | None = None


@dataclass(frozen=True, slots=True)
class TwoLevel:
    """Values of ``m`` models, on the data and on resamples of it that all of them share.

    Attributes:
        points: ``(m,)``, the mean over a model's seeds of the statistic; NaN where one is undefined.
        values: ``(m, r)``, likewise on each resample.
        clusters: how many there are to draw from.
    """

    points: Array = field(repr=False)
    values: Array = field(repr=False)
    clusters: int

    def interval(self, model: int, *, level: float = 0.95) -> Interval | None:
        """The percentile interval of one model's value; ``None`` with fewer than two clusters, or mostly undefined values."""
        _check_level(level)
        return percentiles(self.values[model], level, float(self.points[model])) if self.clusters > 1 else None

    def difference(self, a: int, b: int, *, level: float = 0.95) -> Difference:
        """Model ``a`` less model ``b``.

        The p-value is (c + 1) / (r + 1), where c of the resampled differences, moved so that their centre is 0, are at least as large as
        the one seen. Source: Noreen (1989), the shift method; Davison and Hinkley (1997) for the added 1.
        """
        _check_level(level)
        seen = float(self.points[a] - self.points[b])
        gaps = self.values[a] - self.values[b]
        slack = 1e-12 * max(1.0, abs(float(self.points[a])))  # sums in another order round otherwise
        undefined = int((~np.isfinite(gaps)).sum())
        interval = percentiles(gaps, level, seen) if self.clusters > 1 else None
        if interval is None:
            return Difference(seen, None, None, None, len(gaps), undefined)
        hits = int((~(np.abs(gaps - seen) < abs(seen) - slack)).sum())
        low, high = interval
        return Difference(seen, low, high, (hits + 1) / (len(gaps) + 1), len(gaps), undefined)


def two_level_values(
    models: Sequence[Trained],
    from_sums: FromSums | None = None,
    *,
    key: str,
    from_weights: FromWeights | None = None,
    clusters: Labels | None = None,
    paired_seeds: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> TwoLevel:
    """Values of many models on resamples of test clusters, the same for all models, and of each model's training seeds.

    A resample draws as many clusters as there are, with replacement, and of S seeds S - 1: then the mean over seeds spreads by the
    unbiased estimate of its variance, of which S draws give (S - 1) / S, a fifth too little with 5 seeds. One seed is no sample: the
    interval then covers the choice of test samples only. Where few seeds spread much wider than the samples would explain, the interval
    is still too short (simulated coverage .90 with 3 seeds and .92 with 5, at nominal .95).

    Args:
        models: of each, arrays ``(S, n)`` per name, a row per seed, of the same n samples in the same order: what ``Metric.sums`` gives,
            or with ``from_weights`` what ``Metric.per_sample`` gives. S may differ between models.
        from_sums: a dict of sums of any shape to a dict key -> values of that shape; NaN is undefined.
        key: which value.
        from_weights: for a value that no sums give: ``(arrays, weights (r, n))`` to a dict key -> values ``(r,)``; in place of
            ``from_sums``. It is slower by far: ask for fewer resamples.
        clusters: a label per sample: what is drawn together; default: each sample is its own.
        paired_seeds: draw the same seeds of all models. Only where a seed shares its luck across models (the same split of the data);
            the same number alone, in other architectures, shares none, and then seeds are drawn for each model on its own.
        resamples: how many. No p-value is below 1 / (resamples + 1): with Holm's correction for k pairs take more than 20 times k.
        seed: of NumPy's PCG64 generator.

    Raises:
        ValueError: no models, arrays that do not fit together, sums that are not finite, a missing label, both or neither of
            ``from_sums`` and ``from_weights``, or seeds to pair that are not equally many.

    Sources: Davison and Hinkley (1997), section 3.8, for two levels; Rao and Wu (1988) for S - 1.
    """
    arrays = [{name: np.asarray(values, dtype=np.float64) for name, values in model.items()} for model in models]
    shapes = [{values.shape[:2] for values in model.values()} for model in arrays]
    if not arrays or any(len(found) != 1 or len(next(iter(found))) != 2 for found in shapes):
        raise ValueError("every model needs arrays (seeds, samples), all of one shape.")
    seeds, samples = zip(*(found.pop() for found in shapes), strict=True)
    if len(set(samples)) != 1 or (paired_seeds and len(set(seeds)) != 1) or 0 in (*seeds, *samples):
        raise ValueError("models need values of the same one or more samples, and where seeds are paired equally many.")
    codes, count = codes_of(clusters, samples[0], "clusters")
    statistics = _statistics(arrays, codes, count, from_sums, from_weights, key)
    if resamples < 1:
        raise ValueError(f"the number of resamples must be positive, not {resamples}.")
    picks = [_picked(own, resamples, seed, 0 if paired_seeds else i) for i, own in enumerate(seeds)]
    values = np.empty((len(arrays), resamples))
    for rows, drawn in _drawn(count, resamples, max(1, CELLS // samples[0]), seed):
        for i, per_seed in enumerate(statistics(drawn)):
            values[i, rows] = np.take_along_axis(per_seed, picks[i][:, rows], axis=0).mean(axis=0)
    points = [per_seed[:, 0].mean() for per_seed in statistics(np.ones((1, count)))]
    return TwoLevel(np.array(points, dtype=np.float64), values, count)


def two_level_interval(
    a: Trained,
    from_sums: FromSums | None = None,
    *,
    key: str,
    from_weights: FromWeights | None = None,
    clusters: Labels | None = None,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
) -> Interval | None:
    """The interval of one model's mean over its seeds; the arguments are those of ``two_level_values``.

    With one seed it is ``bootstrap_interval``, up to the draws.
    """
    found = two_level_values(
        [a], from_sums, key=key, from_weights=from_weights, clusters=clusters, resamples=resamples, seed=seed
    )
    return found.interval(0, level=level)


def paired_two_level_bootstrap(
    a: Trained,
    b: Trained,
    from_sums: FromSums | None = None,
    *,
    key: str,
    from_weights: FromWeights | None = None,
    clusters: Labels | None = None,
    paired_seeds: bool = False,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """Whether two models differ; the arguments are those of ``two_level_values``, the p-value that of ``TwoLevel.difference``."""
    found = two_level_values(
        [a, b],
        from_sums,
        key=key,
        from_weights=from_weights,
        clusters=clusters,
        paired_seeds=paired_seeds,
        resamples=resamples,
        seed=seed,
    )
    return found.difference(0, 1, level=level)


def two_level_pairs(found: TwoLevel, *, level: float = 0.95) -> dict[tuple[int, int], Difference]:
    """Every two models, the first less the second, with p-values corrected for all pairs (Holm 1979)."""
    pairs = {(a, b): found.difference(a, b, level=level) for a, b in combinations(range(len(found.points)), 2)}
    given = [np.nan if one.p_value is None else one.p_value for one in pairs.values()]
    corrected = (None if np.isnan(p) else float(p) for p in holm(given))
    return {pair: replace(one, p_holm=p) for (pair, one), p in zip(pairs.items(), corrected, strict=True)}


def two_level_groups(
    found: TwoLevel,
    pairs: Mapping[tuple[int, int], Difference],
    *,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> list[list[int]]:
    """Models, best first, in groups whose first member is not shown to differ from any other in it, as ``tie_groups`` cuts them.

    Args:
        found: the models.
        pairs: all of them, as ``two_level_pairs`` gives them.
        higher_is_better: the direction of the value.
        alpha: two models differ where their corrected p-value is below it.

    Returns:
        Lists of model numbers. A model whose value is undefined is in none.
    """
    known = np.flatnonzero(np.isfinite(found.points))
    differ = np.zeros((len(found.points), len(found.points)), dtype=np.bool_)
    for (a, b), one in pairs.items():
        differ[a, b] = differ[b, a] = one.p_holm is not None and one.p_holm < alpha
    signed = found.points[known] if higher_is_better else -found.points[known]
    return [[int(known[i]) for i in group] for group in tie_groups(signed, differ[np.ix_(known, known)])]


def _statistics(
    models: Sequence[dict[str, Array]],
    codes: IntArray,
    count: int,
    from_sums: FromSums | None,
    from_weights: FromWeights | None,
    key: str,
) -> Callable[[Array], Iterator[Array]]:
    """From how often each cluster is drawn ``(r, clusters)`` to the statistic of each model, ``(S, r)``."""
    if from_sums is not None and from_weights is None:
        return _of_sums(models, codes, count, from_sums, key)
    if from_weights is None or from_sums is not None:
        raise ValueError("give from_sums or from_weights, and not both.")
    weigh = from_weights

    def weighted(drawn: Array) -> Iterator[Array]:
        weights = drawn[:, codes]
        for model in models:
            seeds = range(len(next(iter(model.values()))))
            yield np.stack([weigh({name: values[i] for name, values in model.items()}, weights)[key] for i in seeds])

    return weighted


def _of_sums(
    models: Sequence[dict[str, Array]], codes: IntArray, count: int, from_sums: FromSums, key: str
) -> Callable[[Array], Iterator[Array]]:
    """One matrix product gives all sums of all models and seeds."""
    totals = []
    for values in (values for model in models for values in model.values()):
        if values.ndim != 2 or not np.isfinite(values).all():
            raise ValueError("sums must be finite numbers (seeds, samples).")
        totals += [np.bincount(codes, weights=row, minlength=count) for row in values]
    table = np.stack(totals)

    def summed(drawn: Array) -> Iterator[Array]:
        sums, start = table @ drawn.T, 0
        for model in models:
            own = {}
            for name, values in model.items():
                own[name] = sums[start : start + len(values)]
                start += len(values)
            yield np.asarray(from_sums(own)[key])

    return summed


def _picked(seeds: int, resamples: int, seed: int, model: int) -> IntArray:
    """Which seeds are drawn, ``(S - 1, resamples)``; the one there is, where there is one."""
    rng = np.random.default_rng([seed, 1, model])
    return rng.integers(0, seeds, size=(max(1, seeds - 1), resamples), dtype=np.int64)


def _drawn(count: int, resamples: int, block: int, seed: int) -> Iterator[tuple[slice, Array]]:
    """How often each cluster is drawn ``(rows, clusters)``, a block of resamples at a time, from one stream whatever the block is."""
    rng = np.random.default_rng([seed, 0])
    for start in range(0, resamples, block):
        rows = slice(start, min(start + block, resamples))
        size = rows.stop - rows.start
        draws = rng.integers(0, count, size=(size, count), dtype=np.int64) + count * np.arange(size)[:, None]
        yield rows, np.bincount(draws.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), not {level}.")
