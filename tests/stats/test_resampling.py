"""Intervals and standard errors against scipy, official values and simulated truth."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

import mmbench.stats.resampling
from mmbench.metrics.functional import exact_match_metric, retrieval_metric, sentiment_metric
from mmbench.stats import Interval, bootstrap_interval, bootstrap_mean, clustered_standard_error, estimate
from tests.metrics.vectors import official

Array = NDArray[np.float64]


def test_width_equals_the_official_cluster_bootstrap() -> None:
    data, known = official("stats/stats.npz"), official("stats/stats.json")["clustered"]
    interval = bootstrap_mean(data["A"], clusters=data["cluster"])
    assert interval is not None
    width = (interval.high - interval.low) / (2 * 1.959964)
    assert width == pytest.approx(known["cluster_bootstrap_sd_10000"], rel=0.03)


def test_drawing_kinds_of_clusters_is_drawing_clusters() -> None:
    """Few distinct values are counted instead of gathered; a little noise makes them many."""
    rng = np.random.default_rng(8)
    values, clusters = rng.choice([0.0, 0.3, 1.0], 3000), np.arange(3000) // 3
    noisy = values + rng.normal(0, 1e-9, 3000)
    few, many = (bootstrap_mean(x, clusters=clusters, resamples=20_000) for x in (values, noisy))
    assert few is not None
    assert many is not None
    assert few != many
    assert tuple(few) == pytest.approx(tuple(many), abs=0.002)


def test_interval_equals_scipy_percentile_bootstrap() -> None:
    values = np.random.default_rng(0).exponential(size=80)
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1), confidence_level=0.9
    ).confidence_interval
    ours = bootstrap_mean(values, resamples=20_000, level=0.9)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_the_same_seed_gives_the_same_interval_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    values, clusters = rng.random(300), rng.integers(0, 70, 300)
    metric = sentiment_metric("unit")
    arrays = metric.per_sample(rng.normal(size=300), rng.uniform(-1, 1, 300))

    def run(seed: int = 0) -> tuple[Interval | None, dict[str, Interval | None]]:
        whole = bootstrap_interval(
            metric.sums(arrays), metric.from_sums, arrays=arrays, from_weights=metric.from_weights,
            clusters=clusters, resamples=500, weight_resamples=200, seed=seed,
        )  # fmt: skip
        return bootstrap_mean(values, clusters=clusters, resamples=500, seed=seed), whole

    before = run()
    assert run(seed=1) != before
    for cells in (1, 999, 2**22):
        monkeypatch.setattr(mmbench.stats.resampling, "CELLS", cells)
        assert run() == before


def test_sums_and_weights_give_physically_resampled_values() -> None:
    """The same draws, carried out on the data itself: whole clusters, in every fold, with a fresh metric each time."""
    rng = np.random.default_rng(3)
    metric = sentiment_metric("unit")
    target = rng.choice([-1.0, 0.0, 0.5, 1.0], 60)
    arrays = metric.per_sample(np.round(target + rng.normal(size=60), 1), target)
    clusters, folds = np.arange(60) // 3, np.arange(60) // 30
    found = bootstrap_interval(
        metric.sums(arrays), metric.from_sums, arrays=arrays, from_weights=metric.from_weights,
        clusters=clusters, strata=folds, resamples=300, weight_resamples=300,
    )  # fmt: skip
    per_fold: list[list[dict[str, float]]] = []
    for fold in range(2):
        own, stream = np.flatnonzero(folds == fold), np.random.default_rng([0, fold])
        values = []
        for draw in stream.integers(0, 10, (300, 10), dtype=np.int64):
            picked = np.concatenate([own[3 * cluster : 3 * cluster + 3] for cluster in draw])
            values.append(metric.aggregate({name: array[picked] for name, array in arrays.items()}))
        per_fold.append(values)
    for key, interval in found.items():
        means = [(one[key] + two[key]) / 2 for one, two in zip(*per_fold, strict=True)]
        assert interval is not None
        assert tuple(interval) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-9)


def test_estimate_is_the_plain_mean_of_the_strata() -> None:
    metric = exact_match_metric()
    arrays = {"accuracy": np.array([1.0, 1.0, 1.0, 0.0])}
    sums = metric.sums(arrays)
    assert estimate(sums, metric.from_sums) == {"accuracy": 0.75}
    assert estimate(sums, metric.from_sums, strata=["a", "a", "a", "b"]) == {"accuracy": 0.5}


def test_estimate_equals_aggregate() -> None:
    metric = retrieval_metric(inputs="scores")
    arrays = metric.per_sample(np.random.default_rng(4).integers(0, 5, (20, 12)), [[i % 12] for i in range(20)])
    found = estimate(metric.sums(arrays), metric.from_sums, arrays=arrays, from_weights=metric.from_weights)
    assert found == pytest.approx(metric.aggregate(arrays))


def test_undefined_resamples_are_counted_and_too_many_give_no_interval() -> None:
    def ratio(sums: Any) -> dict[str, Array]:
        return {"ratio": sums["right"] / np.where(sums["n"] > 0, sums["n"], np.nan)}

    rare, common = np.zeros(50), np.zeros(50)
    rare[0], common[:3] = 1, 1
    none = bootstrap_interval({"right": rare, "n": np.zeros(50)}, ratio, resamples=400)["ratio"]
    some = bootstrap_interval({"right": common, "n": common}, ratio, resamples=4000)["ratio"]
    assert none is None
    assert some is not None
    assert some.undefined / some.resamples == pytest.approx((1 - 3 / 50) ** 50, abs=0.02)
    often = bootstrap_interval({"right": np.eye(50)[0], "n": np.eye(50)[0]}, ratio, resamples=400)["ratio"]
    assert often is not None  # undefined in 36 % of the resamples
    two = np.tile(np.eye(50)[0], 2)
    folds = np.arange(100) // 50  # and of two such folds in 60 %
    assert bootstrap_interval({"right": two, "n": two}, ratio, strata=folds, resamples=400)["ratio"] is None


def test_one_cluster_or_one_in_a_stratum_gives_no_interval() -> None:
    assert bootstrap_mean([1.0, 2.0], clusters=["a", "a"]) is None
    assert bootstrap_mean([1.0]) is None
    assert bootstrap_mean([]) is None
    assert bootstrap_mean([1.0, 2.0, 3.0], strata=["x", "x", "y"]) is None


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.0, -7.7])
def test_a_constant_has_an_interval_of_itself(value: float) -> None:
    sizes = np.repeat(np.arange(40), np.arange(40) % 5 + 1)
    interval = bootstrap_mean(np.full(len(sizes), value), clusters=sizes, resamples=200)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((value, value), rel=1e-15)
    assert interval.low <= np.full(len(sizes), value).sum() / len(sizes) <= interval.high


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_lies_inside_its_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, clusters = rng.pareto(1.5, 60), rng.integers(0, 12, 60)
    interval = bootstrap_mean(values, clusters=clusters, resamples=500)
    assert interval is not None
    assert interval.low <= values.mean() <= interval.high


def test_intervals_cover_the_truth_only_if_clusters_are_named() -> None:
    """300 simulated data sets of 40 clusters of 5 with a shared effect; nominal 95 %."""
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(40), 5)
    covered = {"clustered": 0, "naive": 0, "standard error": 0}
    for _ in range(300):
        values = rng.normal(size=40)[clusters] + rng.normal(size=200)
        whole, naive = bootstrap_mean(values, clusters=clusters, resamples=400), bootstrap_mean(values, resamples=400)
        assert whole is not None
        assert naive is not None
        covered["clustered"] += whole.low <= 0 <= whole.high
        covered["naive"] += naive.low <= 0 <= naive.high
        covered["standard error"] += abs(values.mean()) < 2.02 * clustered_standard_error(values, clusters)
    assert 0.90 <= covered["clustered"] / 300 <= 0.98
    assert 0.92 <= covered["standard error"] / 300 <= 0.98
    assert covered["naive"] / 300 < 0.85


def test_wrong_input_is_named() -> None:
    ones = np.ones(3)
    with pytest.raises(ValueError, match="clusters must be one label per sample: 3 samples"):
        bootstrap_mean(ones, clusters=["a", "b"])
    with pytest.raises(ValueError, match=r"clusters\[1\] is missing"):
        bootstrap_mean(ones, clusters=["a", None, "b"])
    with pytest.raises(ValueError, match=r"clusters\[2\] is missing"):
        clustered_standard_error(ones, [1.0, 2.0, math.nan])
    with pytest.raises(ValueError, match="a cluster lies in two strata"):
        bootstrap_mean(ones, clusters=["a", "a", "b"], strata=[0, 1, 1])
    with pytest.raises(ValueError, match="finite"):
        bootstrap_mean([1.0, math.inf])
    with pytest.raises(ValueError, match="level must lie"):
        bootstrap_mean(ones, level=95)
    with pytest.raises(ValueError, match="same length"):
        bootstrap_interval({"a": ones, "b": np.ones(2)}, dict)
