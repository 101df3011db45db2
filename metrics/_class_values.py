"""From counts per class to accuracy, recall and F1; arrays of shape ``(..., classes)``, so that resamples come along."""

import numpy as np

from mmbench.metrics.spec import Array, Arrays


def ratio(part: Array, whole: Array) -> Array:
    """``part / whole``, NaN where the whole is 0."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def f1_scores(hits: Array, support: Array, predicted: Array) -> Array:
    """F1 of every class: 2 hits / (support + predicted); NaN for a class that is neither a label nor predicted."""
    return ratio(2 * hits, support + predicted)


def weighted_mean(values: Array, weights: Array) -> Array:
    """Mean over the last axis; a class of weight 0 has no part in it, and NaN with a weight counts as 0."""
    return ratio((np.nan_to_num(values) * weights).sum(axis=-1), weights.sum(axis=-1))


def mean_of_present(values: Array) -> Array:
    """Mean over the classes whose value is defined, NaN where none is."""
    return weighted_mean(values, (~np.isnan(values)).astype(np.float64))


def class_counts(preds: Array, target: Array, n: int) -> dict[str, Array]:
    """Per class 0 or 1 for each sample ``(n,)``: whether it is a right answer, a label, an answer; -1 is no class."""
    found = {}
    for i in range(n):
        label, answer = target == i, preds == i
        for kind, x in (("hits", label & answer), ("labels", label), ("answers", answer)):
            found[f"{kind}_{i}"] = x.astype(np.float64)
    return found


def stacked_counts(sums: Arrays, n: int) -> tuple[Array, Array, Array]:
    """Hits, labels and answers of ``n`` classes, the class as the last axis."""
    hits, labels, answers = (
        np.stack([sums[f"{kind}_{i}"] for i in range(n)], axis=-1) for kind in ("hits", "labels", "answers")
    )
    return hits, labels, answers
