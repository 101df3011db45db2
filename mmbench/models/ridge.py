"""Ridge regression in closed form, with the penalty chosen on held-out rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
