"""What predictions say about methods: values, intervals, groups and differences, by plain loops and by the statistics used directly."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from mmbench.fusion.report.standings import ALPHA, Rated, Standings, standings
from mmbench.metrics.functional.sentiment import sentiment_metric
from mmbench.runs.scoring import RESAMPLES, SEED
from mmbench.stats import bootstrap_interval, holm, paired_two_level_bootstrap, two_level_interval
from mmbench.tasks.base import Scored, Task
from tests.fusion.small_tasks import CLASSES, classes, numbers

N, SEEDS = 120, 3
CLUSTERS = [f"c{row // 2}" for row in range(N)]
ACCURACY: Task = replace(classes(), primary="accuracy")
CORR: Task = numbers()
MAE: Task = numbers(primary="mae")
RIGHT = [CLASSES[row % 2] for row in range(N)]
LABELS = np.round(np.random.default_rng(5).uniform(-3, 3, N), 1)
SHARES = {"good": 0.9, "twin": 0.89, "fair": 0.7, "decision-average": 0.62}
FLOORS = {"only-a": 0.6, "majority": 0.5}


def scored(arrays: dict[str, Any], strata: Sequence[int] | None = None) -> Scored:
    return Scored([f"s{row}" for row in range(N)], arrays, CLUSTERS, strata, {})


def answered(share: float, name: str, strata: Sequence[int] | None = None) -> tuple[Scored, ...]:
    """Predictions of which about such a share is right, others for each seed."""
    found = []
    for seed in range(SEEDS):
        wrong = np.random.default_rng([seed, *name.encode()]).random(N) >= share
        scores = np.zeros((N, 2))
        scores[np.arange(N), (np.arange(N) + wrong) % 2] = 1
        found.append(scored(ACCURACY.metric.per_sample(scores, RIGHT), strata))
    return tuple(found)


def valued(noise: float, name: str, task: Task = CORR) -> tuple[Scored, ...]:
    draws = [np.random.default_rng([seed, *name.encode()]).normal(0, noise, N) for seed in range(SEEDS)]
    return tuple(scored(task.metric.per_sample(LABELS + draw, LABELS)) for draw in draws)


def constant(task: Task = CORR) -> tuple[Scored, ...]:
    return (scored(task.metric.per_sample(np.zeros(N), LABELS)),) * SEEDS


def rated() -> list[Rated]:
    methods = [(name, "method", answered(share, name)) for name, share in SHARES.items()]
    return [*methods, *((name, "floor", answered(share, name)) for name, share in FLOORS.items())]


def right(one: Scored) -> np.ndarray[Any, Any]:
    return np.asarray(one.arrays["prediction"] == one.arrays["target"], dtype=float)


def pair(found: Standings, a: str, b: str) -> dict[str, Any]:
    return next(one for one in found.pairs if (one["a"], one["b"]) == (a, b))


def test_values_are_means_over_seeds_and_their_spread() -> None:
    found = standings(ACCURACY, rated())
    for name, _, seeds in rated():
        each = [float(right(one).mean()) for one in seeds]
        row = found.of(name)
        assert row["per_seed"] == pytest.approx(each)
        assert row["value"] == pytest.approx(sum(each) / SEEDS)
        mean = sum(each) / SEEDS
        assert row["sd"] == pytest.approx((sum((one - mean) ** 2 for one in each) / (SEEDS - 1)) ** 0.5)
        assert row["low"] < row["value"] < row["high"]


def test_an_interval_is_that_of_seeds_and_clusters() -> None:
    name, _, seeds = rated()[0]
    sums = {"right": np.stack([right(one) for one in seeds]), "n": np.ones((SEEDS, N))}
    expected = two_level_interval(
        sums, lambda held: {"x": held["right"] / held["n"]}, key="x", clusters=CLUSTERS, resamples=RESAMPLES, seed=SEED
    )
    assert expected is not None
    row = standings(ACCURACY, rated()).of(name)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_one_seed_has_an_interval_of_the_samples_and_no_spread() -> None:
    seeds = answered(0.8, "x")[:1]
    row = standings(ACCURACY, [("x", "method", seeds), ("y", "floor", answered(0.5, "y")[:1])]).of("x")
    assert row["sd"] is None
    sums = {"right": right(seeds[0]), "n": np.ones(N)}
    alone = bootstrap_interval(sums, lambda held: {"x": held["right"] / held["n"]}, clusters=CLUSTERS)["x"]
    assert alone is not None
    assert (row["low"], row["high"]) == pytest.approx((alone.low, alone.high), abs=0.01)


def test_pairs_are_tested_and_corrected_for_all_pairs_of_methods() -> None:
    found = standings(ACCURACY, rated())
    assert [(one["a"], one["b"]) for one in found.pairs] == list(combinations(SHARES, 2))
    given = []
    for one in found.pairs:
        sums = [
            {"right": np.stack([right(seed) for seed in answered(SHARES[name], name)]), "n": np.ones((SEEDS, N))}
            for name in (one["a"], one["b"])
        ]
        alone = paired_two_level_bootstrap(
            sums[0], sums[1], lambda held: {"x": held["right"] / held["n"]}, key="x", clusters=CLUSTERS, resamples=RESAMPLES,
            seed=SEED,
        )  # fmt: skip
        assert one["difference"] == pytest.approx(alone.difference)
        assert one["p_value"] == pytest.approx(alone.p_value, abs=0.02)  # other seeds are drawn of the second model
        given.append(one["p_value"])
    assert [one["p_holm"] for one in found.pairs] == pytest.approx(holm(given).tolist())
    assert pair(found, "good", "fair")["better"] == "a"
    assert pair(found, "good", "twin")["better"] == ""


def test_methods_that_are_not_told_apart_share_a_group_and_floors_have_none() -> None:
    found = standings(ACCURACY, rated())
    assert {name: row["group"] for name, row in found.rows.items()} == {
        "good": 1, "twin": 1, "fair": 2, "decision-average": 2, "only-a": None, "majority": None,
    }  # fmt: skip


def test_fusion_wins_against_the_best_floor_on_test_and_late_fusion_is_one() -> None:
    found = standings(ACCURACY, rated())
    values = {name: np.mean([right(one).mean() for one in seeds]) for name, _, seeds in rated()}
    for name in SHARES:
        others = [one for one in ("decision-average", *FLOORS) if one != name]
        best = max(others, key=lambda one: values[one])
        versus = found.of(name)["versus_floor"]
        assert versus["name"] == best
        assert versus["difference"] == pytest.approx(values[name] - values[best])
        assert found.of(name)["wins"] == (versus["p_holm"] < ALPHA and versus["difference"] > 0)
    assert (found.of("good")["wins"], found.of("decision-average")["wins"]) == (True, False)
    assert found.of("only-a")["versus_floor"] is found.of("only-a")["wins"] is None


def test_a_method_that_is_worse_than_a_floor_for_sure_does_not_win() -> None:
    found = standings(ACCURACY, [("bad", "method", answered(0.3, "bad")), ("only-a", "floor", answered(0.9, "only-a"))])
    assert found.of("bad")["versus_floor"]["p_holm"] < ALPHA
    assert found.of("bad")["wins"] is False


def test_of_an_error_less_is_better() -> None:
    rows: list[Rated] = [
        ("far", "method", valued(2.0, "far", MAE)), ("near", "method", valued(0.5, "near", MAE)),
        ("only-a", "floor", valued(1.0, "only-a", MAE)), ("only-b", "floor", valued(1.5, "only-b", MAE)),
    ]  # fmt: skip
    found = standings(MAE, rows)
    errors = {
        name: np.mean([np.abs(one.arrays["prediction"] - LABELS).mean() for one in seeds]) for name, _, seeds in rows
    }
    assert {name: row["value"] for name, row in found.rows.items()} == pytest.approx(errors)
    assert (found.of("near")["group"], found.of("far")["group"]) == (1, 2)
    assert (found.of("near")["wins"], found.of("far")["wins"]) == (True, False)
    assert found.of("near")["versus_floor"]["name"] == "only-a"
    assert pair(found, "far", "near")["better"] == "b"


def test_of_folds_the_mean_over_folds_counts() -> None:
    folds = [0] * 90 + [1] * 30
    seeds = answered(0.7, "x", folds)
    seeds = tuple(
        replace(one, arrays={**one.arrays, "prediction": np.where(np.arange(N) < 90, one.arrays["prediction"], one.arrays["target"])})
        for one in seeds
    )  # fmt: skip
    seeds = tuple(replace(one, arrays={**one.arrays, "shares": _shares(one.arrays["prediction"])}) for one in seeds)
    row = standings(ACCURACY, [("x", "method", seeds), ("y", "floor", answered(0.5, "y", folds))]).of("x")
    each = [(right(one)[:90].mean() + right(one)[90:].mean()) / 2 for one in seeds]
    assert row["per_seed"] == pytest.approx(each)
    assert row["value"] == pytest.approx(np.mean(each))
    assert row["low"] < row["value"] < row["high"]


def _shares(prediction: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(np.eye(2)[prediction.astype(int)])


def test_many_methods_can_be_told_apart_by_a_measure_that_no_sums_give() -> None:
    """Of k pairs Holm asks the smallest p-value to be below .05 / k, and of r resamples none is below 1 / (r + 1)."""
    task = numbers(metric=sentiment_metric(convention="unit"), convention="unit", primary="spearman")

    def predicted(size: float, number: int) -> tuple[Scored, ...]:
        draws = np.random.default_rng(number).normal(0, size, (SEEDS, N))
        return tuple(scored(task.metric.per_sample((LABELS + draw) / 3, LABELS / 3)) for draw in draws)

    noise = [*np.linspace(0.1, 0.2, 12).tolist(), 4.0]
    rows: list[Rated] = [(f"m{n}", "method", predicted(size, n)) for n, size in enumerate(noise)]
    found = standings(task, rows)
    assert len(found.pairs) == 78
    assert all(pair(found, f"m{n}", "m12")["better"] == "a" for n in range(12))
    assert found.of("m12")["group"] > found.of("m0")["group"]


def test_a_correlation_that_does_not_exist_is_no_value_and_no_floor() -> None:
    rows: list[Rated] = [
        ("good", "method", valued(0.5, "good")), ("dead", "method", constant()),
        ("only-a", "floor", valued(3.0, "only-a")), ("majority", "floor", constant()),
    ]  # fmt: skip
    found = standings(CORR, rows)
    for name in ("dead", "majority"):
        row = found.of(name)
        assert (row["value"], row["low"], row["high"], row["sd"], row["group"]) == (None,) * 5
        assert row["per_seed"] == [None] * SEEDS
    assert found.of("good")["versus_floor"]["name"] == "only-a"
    assert found.of("dead")["versus_floor"] is None
    assert (pair(found, "good", "dead")["difference"], pair(found, "good", "dead")["better"]) == (None, "")
    expected = [np.corrcoef(one.arrays["prediction"], LABELS)[0, 1] for one in rows[0][2]]
    assert found.of("good")["value"] == pytest.approx(np.mean(expected))


def test_where_no_floor_has_a_value_nothing_is_won() -> None:
    found = standings(CORR, [("good", "method", valued(0.5, "good")), ("majority", "floor", constant())])
    assert (found.of("good")["versus_floor"], found.of("good")["wins"]) == (None, None)


def test_a_value_that_no_sums_give_is_resampled_by_weights() -> None:
    metric = sentiment_metric(convention="unit")
    task = numbers(metric=metric, primary="spearman", convention="unit")
    rows: list[Rated] = [
        (name, "method", tuple(scored(metric.per_sample(one.arrays["prediction"] / 3, LABELS / 3)) for one in valued(noise, name)))
        for name, noise in (("good", 0.5), ("bad", 6.0))
    ]  # fmt: skip
    found = standings(task, rows)

    def ranks(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.array([((x < one).sum() + (x <= one).sum()) / 2 for one in x])

    each = [np.corrcoef(ranks(one.arrays["prediction"]), ranks(LABELS))[0, 1] for one in rows[0][2]]
    assert found.of("good")["per_seed"] == pytest.approx(each)
    assert found.of("good")["low"] < found.of("good")["value"] < found.of("good")["high"]
    assert pair(found, "good", "bad")["better"] == "a"
