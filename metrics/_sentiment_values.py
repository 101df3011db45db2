"""Sentiment intensity from per-sample arrays: the sums that intervals resample, values from them, rank correlation."""

import numpy as np

from mmbench.metrics._class_values import f1_scores, ratio, weighted_mean
from mmbench.metrics._sentiment_conventions import Convention, Cut
from mmbench.metrics.spec import Array, Arrays

# A spread below this share of the mean square is rounding: all values of the (re)sample are the same number.
CONSTANT = 1e-12


def sample_values(preds: Array, target: Array, rule: Convention) -> dict[str, Array]:
    """What each sample got: error, and 1 or 0 per way to make classes, NaN where its label isn't scored."""
    x, y = rule.scored(preds), rule.scored(target)
    found = {"prediction": preds, "target": target, "absolute_error": np.abs(x - y)}
    for cut in rule.cuts:
        found[cut.accuracy_key] = np.where(_counts(cut, y), cut.of(x) == cut.of(y), np.nan)
    return found


def sample_sums(arrays: Arrays, rule: Convention) -> dict[str, Array]:
    """Everything from predictions and labels alone."""
    preds, target = rule.scored(arrays["prediction"]), rule.scored(arrays["target"])
    x, y = _centred(preds), _centred(target)
    found = {
        "n": np.ones_like(x),
        "error": np.abs(preds - target),
        "x": x,
        "y": y,
        "xx": x * x,
        "yy": y * y,
        "xy": x * y,
    }
    for cut in rule.cuts:
        guess, label, counts = cut.of(preds), cut.of(target), _counts(cut, target)
        found[f"{cut.accuracy_key}/right"] = (counts & (guess == label)).astype(np.float64)
        found[f"{cut.accuracy_key}/n"] = counts.astype(np.float64)
        if cut.f1:
            cells = {"hits": (guess == 1) & (label == 1), "labels": label == 1, "guesses": guess == 1}
            found |= {f"{cut.accuracy_key}/{name}": (counts & cell).astype(np.float64) for name, cell in cells.items()}
    return found


def values_from(totals: Arrays, rule: Convention) -> dict[str, Array]:
    """The values of all keys that sums give."""
    n = np.where(totals["n"] > 0, totals["n"], np.nan)
    xx, yy = _spread(totals["x"], totals["xx"], n), _spread(totals["y"], totals["yy"], n)
    corr = (totals["xy"] - totals["x"] * totals["y"] / n) / np.sqrt(xx * yy)
    found = {"mae": totals["error"] / n, "corr": np.clip(corr, -1, 1)}
    for cut in rule.cuts:
        right, scored = (totals[f"{cut.accuracy_key}/{name}"] for name in ("right", "n"))
        found[cut.accuracy_key] = ratio(right, scored)
        if cut.f1:
            found[cut.f1_key] = _weighted_f1(totals, cut, right, scored)
    return found


def spearman(arrays: Arrays, weights: Array) -> dict[str, Array]:
    """Pearson correlation of the mid-ranks that a physically resampled data set would have, for each row of weights."""
    n = weights.sum(axis=1, keepdims=True)
    x = _mid_ranks(arrays["prediction"], weights) - (n + 1) / 2
    y = _mid_ranks(arrays["target"], weights) - (n + 1) / 2
    xx, yy, xy = (np.einsum("rn,rn,rn->r", weights, a, b) for a, b in ((x, x), (y, y), (x, y)))
    spread = xx * yy  # ranks are half integers: exactly 0 if one side is constant
    return {"spearman": xy / np.sqrt(np.where(spread > 0, spread, np.nan))}


def _counts(cut: Cut, target: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which labels are scored."""
    return target != 0 if cut.without_zero else np.ones(target.shape, dtype=np.bool_)


def _weighted_f1(totals: Arrays, cut: Cut, right: Array, scored: Array) -> Array:
    """Mean F1 of the upper and the lower class, weighted by the labels, or by the predictions where it is swapped."""
    hits, labels, guesses = (totals[f"{cut.accuracy_key}/{name}"] for name in ("hits", "labels", "guesses"))
    both = np.stack([hits, right - hits], axis=-1)
    support = np.stack([labels, scored - labels], axis=-1)
    predicted = np.stack([guesses, scored - guesses], axis=-1)
    return weighted_mean(f1_scores(both, support, predicted), predicted if cut.swapped else support)


def _centred(values: Array) -> Array:
    """Values about their mean, which correlation doesn't change; exactly 0 if they are all the same number."""
    if not len(values) or values.min() == values.max():
        return np.zeros_like(values)
    centred: Array = values - values.mean()
    return np.asarray(centred / np.abs(centred).max())  # so that squares neither overflow nor vanish


def _spread(total: Array, squares: Array, n: Array) -> Array:
    """Sum of squares about the mean; NaN where nothing but rounding is left of it."""
    spread = squares - total * total / n
    return np.where(spread > CONSTANT * squares, spread, np.nan)


def _mid_ranks(values: Array, weights: Array) -> Array:
    """Ranks ``(r, n)`` from 1, equal values sharing their mean, where value i occurs ``weights[r, i]`` times."""
    if not len(values):
        return np.zeros_like(weights)
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    times = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(times, axis=1) - times + (times + 1) / 2
    return np.asarray(ranks[:, group])
