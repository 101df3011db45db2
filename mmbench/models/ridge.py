"""Ridge regression in closed form, with the penalty chosen on held-out rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOP = 10


@dataclass(frozen=True, slots=True)
class Standardizer:
    """Takes off the training mean and divides by the training deviation, column by column."""

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, rows: NDArray[np.floating]) -> "Standardizer":
        """Mean and deviation of ``(n, d)``; columns that never change are left unscaled."""
        values = np.asarray(rows, dtype=np.float64)
        scale = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(scale > 1e-9, scale, 1.0))

    def __call__(self, rows: NDArray[np.floating]) -> Floats:
        """Standardized ``(n, d)``."""
        standardized: Floats = (np.asarray(rows, dtype=np.float64) - self.mean) / self.scale
        return standardized


def ridge_path(gram: Floats, cross: Floats, penalties: Sequence[float]) -> list[Floats]:
    """Weights ``(d, k)`` for each penalty, from ``X'X`` ``(d, d)`` and ``X'Y`` ``(d, k)``, by one eigendecomposition."""
    values, vectors = np.linalg.eigh(gram)
    projected = vectors.T @ cross
    return [vectors @ (projected / (np.maximum(values, 0.0) + penalty)[:, None]) for penalty in penalties]


def best_ridge(
    gram: Floats, cross: Floats, penalties: Sequence[float], score: Callable[[Floats], float]
) -> tuple[Floats, float]:
    """The weights whose held-out ``score`` is highest (the largest penalty among equals), and that penalty."""
    path = ridge_path(gram, cross, penalties)
    scores = [score(weights) for weights in path]
    best = max(range(len(path)), key=lambda i: (scores[i], penalties[i]))
    return path[best], penalties[best]


def mean_hits(left: Floats, right: Floats) -> float:
    """Mean hit@10 of both directions for row-aligned pairs."""
    scores = unit_rows(left) @ unit_rows(right).T
    own = np.diag(scores)
    forward = (scores > own[:, None]).sum(axis=1) < TOP
    backward = (scores > own[None, :]).sum(axis=0) < TOP
    return float(forward.mean() + backward.mean()) / 2


def unit_rows(rows: NDArray[np.floating]) -> Floats:
    """Rows ``(n, d)`` brought to length 1; a row of zeros stays."""
    values = np.asarray(rows, dtype=np.float64)
    scaled: Floats = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return scaled


def held_out_maps(
    left: NDArray[np.floating], right: NDArray[np.floating], halves: NDArray[np.bool_], penalties: Sequence[float]
) -> tuple[Floats, Floats]:
    """Both sides of some pairs in one space, each row by a ridge map that was fitted on the other half of the pairs.

    Args:
        left: ``(n, d)``, mapped.
        right: ``(n, k)``, standardized only.
        halves: ``(n,)`` which half a row is in; both must hold at least eight.
        penalties: one is chosen on the last quarter of the rows that a map is fitted on, by mean hit@10.

    Returns:
        ``(n, k)`` twice, rows of unit length.
    """
    x, y = Standardizer.fit(left)(left), Standardizer.fit(right)(right)
    mapped = np.zeros_like(y)
    for half in (False, True):
        rows = np.flatnonzero(halves == half)
        fit, valid = rows[: -(len(rows) // 4)], rows[-(len(rows) // 4) :]
        gram, cross = x[fit].T @ x[fit], x[fit].T @ y[fit]
        weights, _ = best_ridge(gram, cross, penalties, lambda found, at=valid: mean_hits(x[at] @ found, y[at]))  # type: ignore[misc]
        mapped[halves != half] = x[halves != half] @ weights
    return unit_rows(mapped), unit_rows(y)
