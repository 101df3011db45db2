"""Sentiment scores against scipy on data, and on resamples of it."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mmbench.metrics.functional import farthest_label, sentiment_metric, sentiment_regression

LABELS = [-1.0, -0.5, 0.0, 0.5, 1.0]


def score(preds: Any, target: Any) -> dict[str, float]:
    found: dict[str, float] = sentiment_regression(preds, target, convention="unit")
    return found


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([-2.0, -0.3, 0.0, 0.1, 0.1 + 1e-9]), st.sampled_from(LABELS)), min_size=3))
def test_values_equal_scipy_in_any_order(pairs: list[tuple[float, float]]) -> None:
    preds, target = np.array(pairs).T
    found = score(preds, target)
    if len(set(preds)) > 1 and len(set(target)) > 1:
        assert found["corr"] == pytest.approx(scipy.stats.pearsonr(preds, target).statistic, abs=1e-9)
        assert found["spearman"] == pytest.approx(scipy.stats.spearmanr(preds, target).statistic, abs=1e-9)
    else:
        assert math.isnan(found["corr"])
        assert math.isnan(found["spearman"])
    assert score(preds[::-1], target[::-1]) == pytest.approx(found, nan_ok=True, abs=1e-12)


def test_resampled_sums_and_weights_equal_resampled_data() -> None:
    rng = np.random.default_rng(0)
    metric = sentiment_metric("unit")
    target = rng.choice(LABELS, 25)
    arrays = metric.per_sample(1000 + np.round(target + rng.normal(size=25), 1) / 1000, target)
    draws = rng.integers(0, 25, (200, 25))
    draws[0] = 7  # one sample over and over: nothing varies
    weights = np.stack([np.bincount(draw, minlength=25) for draw in draws]).astype(np.float64)
    assert metric.from_weights is not None
    found = metric.from_weights(arrays, weights) | metric.from_sums(
        {name: weights @ values for name, values in metric.sums(arrays).items()}
    )
    for i, draw in enumerate(draws):
        x, y = arrays["prediction"][draw], arrays["target"][draw]
        if i == 0:
            assert np.isnan([found["corr"][0], found["spearman"][0]]).all()
            continue
        assert found["corr"][i] == pytest.approx(scipy.stats.pearsonr(x, y).statistic, abs=1e-7)
        assert found["spearman"][i] == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-12)
        assert found["mae"][i] == pytest.approx(np.abs(x - y).mean())
        polar = y != 0
        assert found["acc2_posneg"][i] == pytest.approx(((x > 0) == (y > 0))[polar].mean())


def test_a_resample_of_one_sample_has_no_correlation() -> None:
    """Its sums don't cancel exactly: what rounding leaves must not pass for a spread."""
    rng = np.random.default_rng(3)
    metric = sentiment_metric("unit")
    arrays = metric.per_sample(rng.normal(size=40), rng.uniform(-1, 1, 40))
    for times in (3, 7, 40):
        sums = {name: times * values for name, values in metric.sums(arrays).items()}
        assert np.isnan(metric.from_sums(sums)["corr"]).all()
    assert np.isfinite(metric.aggregate(arrays)["corr"])


@pytest.mark.parametrize("constant", [0.0, 0.1, -1 / 3, 1e6, 1e-300])
def test_a_constant_model_has_no_correlation_in_any_resample(constant: float) -> None:
    rng = np.random.default_rng(1)
    metric = sentiment_metric("unit")
    target = rng.choice(LABELS, 101)
    arrays = metric.per_sample(np.full(101, constant), target)
    weights = rng.multinomial(101, np.full(101, 1 / 101), size=50).astype(np.float64)
    sums = {name: weights @ values for name, values in metric.sums(arrays).items()}
    assert np.isnan(metric.from_sums(sums)["corr"]).all()
    values = metric.aggregate(arrays)
    assert math.isnan(values["corr"])
    assert math.isnan(values["spearman"])
    assert values["acc2_posneg"] == np.mean(target[target != 0] > 0 if constant > 0 else target[target != 0] < 0)


def test_oracle_and_random() -> None:
    rng = np.random.default_rng(2)
    target = rng.choice(LABELS, 2000)
    assert score(target, target) == pytest.approx({"mae": 0, "corr": 1, "spearman": 1, "acc2_posneg": 1})
    noise = score(rng.uniform(-1, 1, 2000), target)
    assert [noise["corr"], noise["spearman"], noise["acc2_posneg"] - 0.5] == pytest.approx([0, 0, 0], abs=0.07)


def test_nothing_to_score_is_undefined() -> None:
    assert math.isnan(score([0.1, 0.2], [0.0, 0.0])["acc2_posneg"])
    assert np.isnan(list(score([], []).values())).all()


def test_the_error_value_is_the_farthest_label() -> None:
    target: NDArray[np.float64] = np.array(LABELS)
    worst = farthest_label(target, convention="unit")
    assert worst.tolist() == [1, 1, 1, -1, -1]
    assert score(worst, target)["acc2_posneg"] == 0


def test_tensors_are_taken_as_their_values() -> None:
    preds, target = [0.5, -0.25, 0.125], [1.0, 0.0, -0.5]
    assert score(torch.tensor(preds, dtype=torch.bfloat16, requires_grad=True), torch.tensor(target)) == score(
        preds, target
    )


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"preds\[1\] is nan"):
        score([0.0, math.nan], [0.0, 0.0])
    with pytest.raises(ValueError, match=r"target\[0\] is 3.0, outside \[-1, 1\]"):
        score([0.0], [3.0])
    with pytest.raises(ValueError, match="the same length, got 1 and 2"):
        score([0.0], [0.0, 1.0])
    with pytest.raises(ValueError, match="preds must be a list of numbers"):
        score(["a"], [0.0])
    with pytest.raises(ValueError, match="convention must be one of cmu, mult_compat, sims, unit, got 'mosi'"):
        sentiment_regression([0.0], [0.0], convention="mosi")


def test_conventions_disagree_on_the_same_numbers() -> None:
    """Worked out by hand: zeros, clipping, ties of rounding, and F1 with its arguments swapped."""
    cmu = sentiment_regression([0.5, -0.1, 0.0, 2.5], [0.0, 0.0, -1.0, 3.0], convention="cmu")
    assert (cmu["acc2_nonneg"], cmu["acc2_posneg"]) == (0.5, 1.0)
    assert (cmu["acc7_round"], cmu["acc7_cmumosei"]) == (0.5, 0.25)
    sims = sentiment_regression([3.0, -0.5], [1.0, -0.5], convention="sims")
    assert (sims["mae"], sims["acc5_sims"]) == (0, 1)
    always = [1.0] * 4
    right = sentiment_regression(always, [1.0, 1.0, 1.0, -1.0], convention="cmu")
    swapped = sentiment_regression(always, [1.0, 1.0, 1.0, -1.0], convention="mult_compat")
    assert right["f1w_posneg"] == pytest.approx(0.75 * 6 / 7)
    assert swapped["f1w_posneg_swapped"] == pytest.approx(6 / 7)
