"""Models of several seeds on the same samples, against plain loops, simulated truth and the bootstrap of one seed."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mmbench.stats.two_level
from mmbench.metrics.functional import sentiment_metric
from mmbench.stats import (
    Interval,
    TwoLevel,
    bootstrap_interval,
    paired_two_level_bootstrap,
    two_level_groups,
    two_level_interval,
    two_level_pairs,
    two_level_values,
)

Array = NDArray[np.float64]


def mean(sums: Any) -> dict[str, Array]:
    return {"mean": sums["total"] / sums["n"]}


def model(values: Any) -> dict[str, Array]:
    table = np.asarray(values, dtype=np.float64)
    return {"total": table, "n": np.ones_like(table)}


def by_loop(
    models: list[Array], targets: Array, clusters: Array, resamples: int, seed: int, *, paired: bool
) -> list[list[float]]:
    """Correlations of physically resampled samples, seed by seed."""
    labels = np.unique(clusters)
    draws = np.random.default_rng([seed, 0]).integers(0, len(labels), (resamples, len(labels)), dtype=np.int64)
    found = []
    for i, predictions in enumerate(models):
        count = len(predictions)
        stream = np.random.default_rng([seed, 1, 0 if paired else i])
        picks = stream.integers(0, count, (count - 1, resamples), dtype=np.int64)
        values = []
        for r in range(resamples):
            rows = np.concatenate([np.flatnonzero(clusters == labels[label]) for label in draws[r]])
            values.append(np.mean([np.corrcoef(predictions[s][rows], targets[rows])[0, 1] for s in picks[:, r]]))
        found.append(values)
    return found


@pytest.mark.parametrize("paired", [False, True])
def test_values_are_those_of_a_plain_loop_from_sums_and_from_weights(paired: bool) -> None:
    rng = np.random.default_rng(0)
    targets = rng.uniform(-1, 1, 60)
    clusters = rng.integers(0, 25, 60).astype(np.float64)
    models = [targets + rng.normal(0, 1, (4, 60)) for _ in range(3)]
    metric = sentiment_metric("unit")
    arrays = [[metric.per_sample(row, targets) for row in rows] for rows in models]
    stacked = [{name: np.stack([one[name] for one in seeds]) for name in seeds[0]} for seeds in arrays]
    sums = [
        {name: np.stack([metric.sums(one)[name] for one in seeds]) for name in metric.sums(seeds[0])}
        for seeds in arrays
    ]

    def pearson(given: Any, weights: Array) -> dict[str, Array]:
        x, y = given["prediction"], given["target"]
        rows = [np.cov(x, y, fweights=one.astype(np.int64)) for one in weights]
        return {"corr": np.array([c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]) for c in rows])}

    wanted = by_loop(models, targets, clusters, 40, 7, paired=paired)
    common: dict[str, Any] = {"key": "corr", "clusters": clusters, "resamples": 40, "seed": 7, "paired_seeds": paired}
    from_sums = two_level_values(sums, metric.from_sums, **common)
    from_weights = two_level_values(stacked, from_weights=pearson, **common)
    points = [np.mean([np.corrcoef(row, targets)[0, 1] for row in rows]) for rows in models]
    for found in (from_sums, from_weights):
        np.testing.assert_allclose(found.values, wanted, atol=1e-9)
        np.testing.assert_allclose(found.points, points, atol=1e-12)
        assert found.clusters == len(set(clusters))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    models = [model(rng.random((3, 50))) for _ in range(2)]
    before = two_level_values(models, mean, key="mean", resamples=300)
    monkeypatch.setattr(mmbench.stats.two_level, "CELLS", 999)
    np.testing.assert_allclose(
        two_level_values(models, mean, key="mean", resamples=300).values, before.values, atol=1e-14
    )
    assert not np.allclose(two_level_values(models, mean, key="mean", resamples=300, seed=1).values, before.values)


def test_models_may_have_different_numbers_of_seeds() -> None:
    rng = np.random.default_rng(2)
    five, one = rng.random((5, 40)), rng.random((1, 40))
    found = two_level_values([model(five), model(one)], mean, key="mean", resamples=100)
    assert found.points == pytest.approx([five.mean(), one.mean()])


def test_one_seed_is_the_bootstrap_of_the_samples() -> None:
    rng = np.random.default_rng(3)
    values, clusters = rng.exponential(size=(1, 200)), np.arange(200) // 4
    ours = two_level_interval(model(values), mean, key="mean", clusters=clusters, resamples=20_000)
    theirs = bootstrap_interval(
        {"total": values[0], "n": np.ones(200)}, mean, clusters=clusters, resamples=20_000, seed=1
    )["mean"]
    assert ours is not None
    assert theirs is not None
    assert tuple(ours) == pytest.approx(tuple(theirs), abs=0.005)


def test_the_spread_over_seeds_is_the_unbiased_one() -> None:
    """Seeds that are the same on every sample: only their own spread is left."""
    seeds = np.array([0.1, 0.5, 0.6, 0.9])
    found = two_level_values([model(np.repeat(seeds[:, None], 30, axis=1))], mean, key="mean", resamples=40_000)
    assert found.values.std() == pytest.approx(seeds.std(ddof=1) / 2, rel=0.02)


@pytest.mark.parametrize("paired_seeds", [False, True])
def test_a_model_beside_itself_differs_by_0_with_p_1(paired_seeds: bool) -> None:
    a = model(np.random.default_rng(4).random((5, 77)))
    found = paired_two_level_bootstrap(a, a, mean, key="mean", paired_seeds=paired_seeds, resamples=500)
    assert (found.difference, found.p_value, found.resamples) == (0.0, 1.0, 500)
    assert found.low is not None
    assert found.high is not None
    if paired_seeds:
        assert (found.low, found.high) == (0.0, 0.0)
    else:
        assert found.low < 0 < found.high


def test_what_samples_share_cancels_in_a_difference() -> None:
    """Models that differ by a constant on samples of very different difficulty."""
    hard = np.random.default_rng(5).normal(0, 10, 50)
    a, b = model(np.stack([hard + 0.01] * 3)), model(np.stack([hard] * 3))
    found = paired_two_level_bootstrap(a, b, mean, key="mean", resamples=2000)
    assert (found.low, found.high) == pytest.approx((0.01, 0.01))
    assert found.p_value == 1 / 2001
    back = paired_two_level_bootstrap(b, a, mean, key="mean", resamples=2000)
    assert back.difference == pytest.approx(-0.01)
    assert back.p_value == 1 / 2001


def test_the_p_value_is_that_of_the_moved_differences() -> None:
    found = TwoLevel(np.array([0.3, 0.0]), np.array([[0.1, 0.7, 0.5, 0.3, -0.1], [0.0] * 5]), clusters=9)
    assert found.difference(0, 1).p_value == (2 + 1) / 6  # |.7 - .3| and |-.1 - .3| reach .3
    missing = TwoLevel(np.array([0.3, 0.0]), np.array([[0.1, np.nan, 0.5, 0.3, 0.4], [0.0] * 5]), clusters=9)
    assert missing.difference(0, 1).p_value == (1 + 1) / 6
    assert missing.difference(0, 1).undefined == 1


def test_coverage_and_false_alarms_are_nominal_where_the_samples_alone_are_too_sure() -> None:
    """300 pairs of equally good models of 5 seeds, on 40 clusters of 3 samples with a shared difficulty."""
    rng = np.random.default_rng(6)
    clusters = np.repeat(np.arange(40), 3)
    covered = alarms = naive = 0
    for _ in range(300):
        shared = rng.normal(size=120)
        a, b = (
            rng.normal(0, 0.1, (5, 1)) + shared + rng.normal(0, 0.5, 40)[clusters] + rng.normal(0, 0.5, (5, 120))
            for _ in range(2)
        )
        found = paired_two_level_bootstrap(model(a), model(b), mean, key="mean", clusters=clusters, resamples=400)
        assert found.low is not None
        assert found.high is not None
        assert found.p_value is not None
        covered += found.low <= 0 <= found.high
        alarms += found.p_value < 0.05
        rows_only = bootstrap_interval(
            {"total": (a - b).mean(axis=0), "n": np.ones(120)}, mean, clusters=None, resamples=200
        )["mean"]
        assert rows_only is not None
        naive += rows_only.low <= 0 <= rows_only.high
    assert 0.92 <= covered / 300 <= 0.98
    assert 0.02 <= alarms / 300 <= 0.08
    assert naive / 300 < 0.85


def test_pairs_are_corrected_and_cut_into_groups() -> None:
    rng = np.random.default_rng(7)
    shared = rng.normal(size=200)
    levels = (0.0, 1.0, 0.02, 2.0)
    found = two_level_values(
        [model(level + shared + rng.normal(0, 0.3, (5, 200))) for level in levels], mean, key="mean", resamples=2000
    )
    pairs = two_level_pairs(found)
    assert list(pairs) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert pairs[0, 1].p_holm == pytest.approx(6 / 2001)
    assert pairs[0, 1].difference == pytest.approx(found.points[0] - found.points[1])
    assert pairs[0, 2].p_holm is not None
    assert pairs[0, 2].p_holm > 0.05
    best = sorted((0, 2), key=lambda i: -found.points[i])
    assert two_level_groups(found, pairs) == [[3], [1], best]
    assert two_level_groups(found, pairs, higher_is_better=False) == [best[::-1], [1], [3]]
    assert found.interval(3) is not None


def test_a_model_without_a_value_is_in_no_group_and_in_no_correction() -> None:
    def ratio(sums: Any) -> dict[str, Array]:
        return {"mean": sums["total"] / np.where(sums["total"] > 0, sums["n"], np.nan)}

    rng = np.random.default_rng(8)
    found = two_level_values(
        [model(rng.random((3, 50))), model(np.zeros((3, 50))), model(3 + rng.random((3, 50)))],
        ratio, key="mean", resamples=999,
    )  # fmt: skip
    pairs = two_level_pairs(found)
    assert found.interval(1) is None
    assert pairs[0, 1].p_value is pairs[0, 1].p_holm is pairs[0, 1].low is None
    assert np.isnan(pairs[0, 1].difference)
    assert pairs[0, 2].p_holm == pairs[0, 2].p_value == 1 / 1000
    assert two_level_groups(found, pairs) == [[2], [0]]


def test_one_cluster_gives_no_interval() -> None:
    a, b = model(np.ones((2, 4))), model(np.zeros((2, 4)))
    found = paired_two_level_bootstrap(a, b, mean, key="mean", clusters=["x"] * 4, resamples=10)
    assert (found.difference, found.low, found.high, found.p_value) == (1.0, None, None, None)
    assert two_level_interval(a, mean, key="mean", clusters=["x"] * 4, resamples=10) is None


def test_a_constant_has_an_interval_of_itself() -> None:
    found = two_level_interval(model(np.full((3, 37), 0.1)), mean, key="mean", resamples=200)
    assert isinstance(found, Interval)
    assert tuple(found) == pytest.approx((0.1, 0.1), rel=1e-14)


def test_wrong_input_is_named() -> None:
    a = model(np.ones((2, 3)))
    common: dict[str, Any] = {"key": "mean", "resamples": 10}
    with pytest.raises(ValueError, match="from_sums or from_weights, and not both"):
        two_level_values([a], **common)
    with pytest.raises(ValueError, match="from_sums or from_weights, and not both"):
        two_level_values([a], mean, from_weights=lambda arrays, weights: {}, **common)
    with pytest.raises(ValueError, match="all of one shape"):
        two_level_values([], mean, **common)
    with pytest.raises(ValueError, match="all of one shape"):
        two_level_values([{"total": np.ones((2, 3)), "n": np.ones((2, 4))}], mean, **common)
    with pytest.raises(ValueError, match="all of one shape"):
        two_level_values([{"total": np.ones(3), "n": np.ones(3)}], mean, **common)
    with pytest.raises(ValueError, match="the same one or more samples"):
        two_level_values([a, model(np.ones((2, 4)))], mean, **common)
    with pytest.raises(ValueError, match="paired equally many"):
        two_level_values([a, model(np.ones((3, 3)))], mean, paired_seeds=True, **common)
    with pytest.raises(ValueError, match="finite numbers"):
        two_level_values([model(np.full((2, 3), np.nan))], mean, **common)
    with pytest.raises(ValueError, match=r"clusters\[1\] is missing"):
        two_level_values([a], mean, clusters=["x", None, "y"], **common)
    with pytest.raises(ValueError, match="must be positive"):
        two_level_values([a], mean, key="mean", resamples=0)
    with pytest.raises(ValueError, match="level must lie"):
        two_level_values([a], mean, **common).interval(0, level=95)
