"""The arithmetic of a linear probe: which rows a fit learns from, and what it says of the rows that it did not see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.spec import Array
from mmbench.tasks.logistic import best_logistic, fit_logistic

PENALTIES = tuple(10.0**power for power in range(-5, 3))
FLAT = 1e-8  # a feature that varies less, against its size, says nothing
IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fit:
    """Row numbers of one fit: what is learned from, what chooses the penalty, what is scored."""

    train: IntArray
    valid: IntArray
    test: IntArray

    @property
    def seen(self) -> IntArray:
        """What the final regression is fitted on."""
        return np.concatenate([self.train, self.valid])


def probed(features: Array, y: Array, failed: Mask, fit: Fit, *, several: bool) -> Array:
    """Scores ``(t, c)`` of the rows of a fit that are scored; a function of the numbers alone.

    Features are standardized on the rows that are learned from; the penalty has the lowest log loss on the validation rows, and the
    regression is then fitted on both. A class that none of them has is behind all others.

    Args:
        features: ``(n, d)`` of all rows.
        y: ``(n, c)`` 0 and 1: one 1 per row unless ``several``.
        failed: ``(n,)`` rows without features: nothing is learned from them.
        fit: which rows.
        several: a regression per column rather than one of a class among all.
    """
    train, valid = (rows[~failed[rows]] for rows in (fit.train, fit.valid))
    seen = np.concatenate([train, valid])
    learned = _learnable(y[seen], several)
    scores = np.zeros((len(fit.test), y.shape[1]))
    if learned.any():
        x, own = _within_span(_standardized(features, seen), seen), y[:, learned]
        model = fit_logistic(x[seen], own[seen], _penalty(x, own, train, valid, several), several=several)
        scores[:, learned] = model(x[fit.test])
    return _unlearned_last(scores, learned, several)


def best_known(best: Array, y: Array, fit: Fit, *, several: bool) -> Array:
    """The scores ``(t, c)`` of a model that knows ``best`` ``(n, c)`` of every row and cannot know a class that it never saw."""
    learned = _learnable(y[fit.seen], several)
    return _unlearned_last(np.where(learned, best[fit.test], 0.0), learned, several)


def _penalty(x: Array, y: Array, train: IntArray, valid: IntArray, several: bool) -> float:
    known = _learnable(y[train], several)
    if not known.any():
        return PENALTIES[len(PENALTIES) // 2]
    held = valid if several else valid[y[valid][:, known].any(axis=1)]  # a class that is new there has no probability
    sides = [(x[rows], y[rows][:, known]) for rows in (train, held)]
    return best_logistic(sides[0], sides[1], PENALTIES, several=several)


def _learnable(y: Array, several: bool) -> Mask:
    """Which columns have a 1 and, where each is a regression of its own, a 0."""
    return np.asarray(y.any(axis=0) & (~y.all(axis=0) if several else True), dtype=bool)


def _unlearned_last(scores: Array, learned: Mask, several: bool) -> Array:
    """Of one class among all, those that were never seen come last, tied; a label by itself keeps a score that says nothing."""
    if several or learned.all() or not learned.any():
        return scores
    return np.where(learned, scores, scores[:, learned].min(axis=1, keepdims=True) - 1.0)


def _standardized(features: Array, seen: IntArray) -> Array:
    known = features[seen]
    mean, scale = known.mean(axis=0), known.std(axis=0)
    flat = scale <= FLAT * np.maximum(np.abs(mean), 1.0)
    return np.nan_to_num(np.where(flat, 0.0, (features - mean) / np.where(flat, 1.0, scale)))


def _within_span(x: Array, seen: IntArray) -> Array:
    """Wide features as coordinates in the span of the rows that are learned from: with a ridge penalty the weights lie in it anyway."""
    if x.shape[1] <= len(seen):
        return x
    return np.asarray(x @ np.linalg.svd(x[seen], full_matrices=False)[2].T)
