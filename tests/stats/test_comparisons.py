"""Tests of two models against scipy and enumeration, corrections, order among many, and samples to ask for."""

import math
from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbench.stats import (
    borda,
    clustered_standard_error,
    detectable_difference,
    holm,
    mcnemar_test,
    paired_permutation_test,
    rank_intervals,
    samples_needed,
    tie_groups,
    wilson_interval,
)

halves = st.integers(-4, 4).map(lambda x: x / 2)


@settings(max_examples=50)
@given(st.lists(st.tuples(halves, st.integers(0, 3)), min_size=1, max_size=9))
def test_few_clusters_are_exchanged_in_every_way(samples: list[tuple[float, int]]) -> None:
    gaps, clusters = np.array([x for x, _ in samples]), [c for _, c in samples]
    found = paired_permutation_test(gaps + 7, np.full(len(gaps), 7.0), clusters=clusters)
    totals = [gaps[np.array(clusters) == c].sum() for c in sorted(set(clusters))]
    ways = [abs(np.dot(signs, totals)) for signs in product((1, -1), repeat=len(totals))]
    assert found.exact
    assert found.p_value == pytest.approx(np.mean(np.array(ways) >= abs(sum(totals)) - 1e-9))
    assert found.difference == pytest.approx(gaps.mean())


def test_many_samples_are_exchanged_at_random_and_p_is_never_zero() -> None:
    rng = np.random.default_rng(0)
    gaps = rng.normal(0.15, 1, 200)
    found = paired_permutation_test(gaps, np.zeros(200), permutations=20_000)
    theirs = scipy.stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=20_000,
                                          rng=np.random.default_rng(1))  # fmt: skip
    assert not found.exact
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.01)
    far = paired_permutation_test(np.ones(100), np.zeros(100), permutations=999)
    assert far.p_value == 1 / 1000
    assert paired_permutation_test(gaps, gaps).p_value == 1
    assert paired_permutation_test(gaps, np.zeros(200)) == paired_permutation_test(gaps, np.zeros(200))


def test_samples_of_one_cluster_are_exchanged_together() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(30), 20)
    gaps = rng.normal(size=30)[clusters]
    alone, together = (paired_permutation_test(gaps, gaps * 0, clusters=c).p_value for c in (None, clusters))
    wanted = paired_permutation_test(gaps[::20], np.zeros(30)).p_value
    assert together == pytest.approx(wanted, abs=0.02)
    assert alone < together


def test_the_permutation_test_is_right_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    low = sum(
        paired_permutation_test(rng.normal(size=20), rng.normal(size=20), permutations=199).p_value <= 0.1
        for _ in range(400)
    )
    assert 0.06 <= low / 400 <= 0.14


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_mcnemar_is_the_binomial_test_of_the_disagreements(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    only = int((a > b).sum()), int((a < b).sum())
    wanted = scipy.stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    assert mcnemar_test(a, b).p_value == pytest.approx(wanted)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_the_step_down_rule(p_values: list[float]) -> None:
    found = holm(p_values)
    for i, p in enumerate(p_values):
        wanted = max(min(1.0, q * sum(r >= q for r in p_values)) for q in p_values if q <= p)
        assert found[i] == pytest.approx(wanted)


def test_holm_leaves_out_what_was_not_tested() -> None:
    assert holm([0.02, math.nan, 0.01]) == pytest.approx([0.02, math.nan, 0.02], nan_ok=True)


def test_a_task_left_out_gives_no_points() -> None:
    found = borda([[0.9, 0.9], [0.5, np.nan], [0.5, 0.1]])
    assert found.points.tolist() == [4, 0.5, 1.5]
    assert found.places.tolist() == [1, 3, 2]
    assert found.tasks.tolist() == [2, 1, 2]
    assert found.win_rate == pytest.approx([1, 0.25, 0.125])
    assert np.isnan(borda([[np.nan], [1.0]]).win_rate).all()


def test_places_are_as_wide_as_the_intervals_overlap() -> None:
    best, worst = rank_intervals([0.8, 0.5, 0.45, 0.1], [0.9, 0.6, 0.55, 0.2])
    assert (best.tolist(), worst.tolist()) == ([1, 2, 2, 4], [1, 3, 3, 4])
    table = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=bool)
    assert tie_groups([0.7, 0.6, 0.5], table) == [[0, 1], [2]]
    assert tie_groups([], np.zeros((0, 0))) == []


def test_power_is_what_simulation_finds() -> None:
    rng = np.random.default_rng(4)
    n = samples_needed(0.1, 0.5)
    assert n == 197
    assert detectable_difference(0.5, n) == pytest.approx(0.1, rel=0.01)
    gaps = rng.normal(0.1, 0.5, (4000, n))
    found = np.abs(gaps.mean(axis=1)) > 1.96 * gaps.std(axis=1, ddof=1) / np.sqrt(n)
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_wilson_is_never_sure_at_the_ends() -> None:
    for successes, n in ((0, 50), (50, 50), (3, 50), (380, 400)):
        theirs = scipy.stats.binomtest(successes, n).proportion_ci(method="wilson")
        assert wilson_interval(successes, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert np.isnan(wilson_interval(0, 0)).all()


def test_the_clustered_standard_error_takes_any_labels() -> None:
    values = np.random.default_rng(5).normal(size=40)
    assert clustered_standard_error(values) == pytest.approx(scipy.stats.sem(values))
    codes = np.arange(40) // 4
    named = clustered_standard_error(values, [f"cluster {code}" for code in codes])
    assert named == pytest.approx(clustered_standard_error(values, codes))
    assert math.isnan(clustered_standard_error([1.0, 2.0], ["a", "a"]))


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="same one or more samples, got 1 and 2"):
        paired_permutation_test([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="a and b must be 0 or 1"):
        mcnemar_test([0.5], [1])
    with pytest.raises(ValueError, match="p_values must be a list of numbers in"):
        holm([1.1])
    with pytest.raises(ValueError, match="scores must be a table"):
        borda([1.0, 2.0])
    with pytest.raises(ValueError, match="low <= high"):
        rank_intervals([1.0], [0.0])
    with pytest.raises(ValueError, match="symmetric"):
        tie_groups([1.0, 2.0], [[0, 1], [0, 0]])
    with pytest.raises(ValueError, match=r"values\[1\] is not a number"):
        tie_groups([1.0, math.nan], np.zeros((2, 2)))
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="difference > 0"):
        samples_needed(0, 1)
    with pytest.raises(ValueError, match="n > 0"):
        detectable_difference(1, 0)
    with pytest.raises(ValueError, match="power and level"):
        samples_needed(1, 1, power=1)
