"""Sentiment intensity: error, correlations and polarity of predicted numbers, under a convention that is named."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._inputs import to_vector
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = ["farthest_label", "sentiment_metric", "sentiment_regression"]

VERSION = "1"
LABEL_RANGE = {"unit": (-1.0, 1.0)}
# A spread below this share of the mean square is rounding: all values of the (re)sample are the same number.
CONSTANT = 1e-12


def sentiment_regression(preds: Any, target: Any, *, convention: str) -> dict[str, float]:
    """The numbers that papers on sentiment intensity report, without clipping the predictions.

    Args:
        preds: ``(n,)`` finite numbers.
        target: ``(n,)`` labels; ``"unit"``: in [-1, 1].
        convention: ``"unit"``; it decides the label range and which scores are meant.

    Returns:
        ``mae`` >= 0; ``corr`` (Pearson) and ``spearman`` (mid-ranks) in [-1, 1], NaN where either side is constant;
        ``acc2_posneg`` in [0, 1]: among labels other than 0, whether (pred > 0) == (label > 0); NaN without any.

    Raises:
        ValueError: an unknown convention, different lengths, a prediction that is not finite, a label out of range.

    Note:
        ``acc2_posneg`` is "Non0_acc_2" of MMSA's ``metricsTop.py`` and ``exclude_zero=True`` of MulT's
        ``eval_mosei_senti``; ``corr`` and ``mae`` are as in both.
    """
    metric = sentiment_metric(convention)
    return metric.aggregate(metric.per_sample(preds, target))


def farthest_label(target: Any, *, convention: str) -> Array:
    """The error value: what a failed sample is taken to have predicted, the end of the range farther from its label.

    Args:
        target: ``(n,)`` labels.
        convention: ``"unit"``.

    Returns:
        ``(n,)`` float64: under ``"unit"`` -1 where the label is positive, else 1.

    Raises:
        ValueError: an unknown convention, or a label out of range.
    """
    low, high = _range(convention)
    labels = _labels(target, convention)
    return np.where(labels - low > high - labels, low, high)


def sentiment_metric(convention: str) -> Metric:
    """Sentiment intensity as a ``Metric``.

    ``per_sample(preds, target)`` gives ``prediction``, ``target``, ``absolute_error`` and ``posneg_correct`` (NaN where
    the label is 0 and so not scored).
    """
    _range(convention)
    return Metric(
        name="sentiment",
        version=VERSION,
        keys=_KEYS,
        per_sample=partial(_per_sample, convention=convention),
        sums=_sums,
        from_sums=_from_sums,
        from_weights=_spearman,
        params={"convention": convention},
        kept={"prediction": (), "target": (), "absolute_error": (), "posneg_correct": ()},
    )


EQUAL = "all predictions, or all labels, are the same number"
_KEYS = {
    "mae": Key("MAE", False, "mean absolute error, predictions not clipped", "MMSA metricsTop.py", 0.0, None),
    "corr": Key(
        "Pearson r",
        True,
        "Pearson correlation of predictions and labels",
        "MMSA metricsTop.py",
        -1.0,
        1.0,
        undefined=EQUAL,
    ),
    "spearman": Key(
        "Spearman rho", True, "Pearson correlation of mid-ranks", "scipy.stats.spearmanr", -1.0, 1.0, undefined=EQUAL
    ),
    "acc2_posneg": Key(
        "Acc-2 neg/pos", True, "(pred > 0) == (label > 0) over labels other than 0", "MMSA metricsTop.py, Non0_acc_2"
    ),
}


def _per_sample(preds: Any, target: Any, *, convention: str) -> dict[str, Array]:
    values, labels = to_vector(preds, "preds"), _labels(target, convention)
    if len(values) != len(labels):
        raise ValueError(f"preds and target must have the same length, got {len(values)} and {len(labels)}.")
    return {
        "prediction": values,
        "target": labels,
        "absolute_error": np.abs(values - labels),
        "posneg_correct": np.where(labels == 0, np.nan, (values > 0) == (labels > 0)),
    }


def _range(convention: str) -> tuple[float, float]:
    if convention not in LABEL_RANGE:
        raise ValueError(f"convention must be one of {', '.join(LABEL_RANGE)}, got {convention!r}.")
    return LABEL_RANGE[convention]


def _labels(target: Any, convention: str) -> Array:
    low, high = _range(convention)
    labels = to_vector(target, "target")
    outside = np.flatnonzero((labels < low) | (labels > high))
    if len(outside):
        raise ValueError(
            f"target[{int(outside[0])}] is {labels[outside[0]]}, outside [{low:g}, {high:g}] ({convention})."
        )
    return labels


def _sums(arrays: Arrays) -> dict[str, Array]:
    x, y = _centred(arrays["prediction"]), _centred(arrays["target"])
    scored = ~np.isnan(arrays["posneg_correct"])
    return {
        "n": np.ones_like(x),
        "error": arrays["absolute_error"],
        "x": x,
        "y": y,
        "xx": x * x,
        "yy": y * y,
        "xy": x * y,
        "polar": scored.astype(np.float64),
        "polar_correct": np.where(scored, arrays["posneg_correct"], 0.0),
    }


def _centred(values: Array) -> Array:
    """Values about their mean, which correlation doesn't change; exactly 0 if they are all the same number."""
    if not len(values) or values.min() == values.max():
        return np.zeros_like(values)
    centred: Array = values - values.mean()
    return np.asarray(centred / np.abs(centred).max())  # so that squares neither overflow nor vanish


def _from_sums(sums: Arrays) -> dict[str, Array]:
    n = np.where(sums["n"] > 0, sums["n"], np.nan)
    polar = np.where(sums["polar"] > 0, sums["polar"], np.nan)
    xx, yy = _spread(sums["x"], sums["xx"], n), _spread(sums["y"], sums["yy"], n)
    corr = (sums["xy"] - sums["x"] * sums["y"] / n) / np.sqrt(xx * yy)
    return {"mae": sums["error"] / n, "corr": np.clip(corr, -1, 1), "acc2_posneg": sums["polar_correct"] / polar}


def _spread(total: Array, squares: Array, n: Array) -> Array:
    """Sum of squares about the mean; NaN where nothing but rounding is left of it."""
    spread = squares - total * total / n
    return np.where(spread > CONSTANT * squares, spread, np.nan)


def _spearman(arrays: Arrays, weights: Array) -> dict[str, Array]:
    """Pearson correlation of the mid-ranks that a physically resampled data set would have, for each row of weights."""
    n = weights.sum(axis=1, keepdims=True)
    x = _mid_ranks(arrays["prediction"], weights) - (n + 1) / 2
    y = _mid_ranks(arrays["target"], weights) - (n + 1) / 2
    xx, yy, xy = (np.einsum("rn,rn,rn->r", weights, a, b) for a, b in ((x, x), (y, y), (x, y)))
    spread = xx * yy  # ranks are half integers: exactly 0 if one side is constant
    return {"spearman": xy / np.sqrt(np.where(spread > 0, spread, np.nan))}


def _mid_ranks(values: Array, weights: NDArray[np.float64]) -> Array:
    """Ranks ``(r, n)`` from 1, equal values sharing their mean, where value i occurs ``weights[r, i]`` times."""
    if not len(values):
        return np.zeros_like(weights)
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    times = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(times, axis=1) - times + (times + 1) / 2
    return np.asarray(ranks[:, group])
