"""The geometry of two modalities in one space: the gap between them, how near pairs are, how spread all points are."""

from typing import Any

import numpy as np

from mmbench.metrics._inputs import to_finite_matrix
from mmbench.metrics.spec import Array

__all__ = ["alignment", "modality_gap", "uniformity"]

_ROWS = 1024


def modality_gap(x: Any, y: Any) -> float:
    """Distance between the centres of two modalities, each embedding on the unit sphere first.

    Args:
        x: ``(n, d)`` embeddings of one modality.
        y: ``(m, d)`` embeddings of the other.

    Returns:
        A number in [0, 2]; 0 is no gap.

    Raises:
        ValueError: no embeddings, other shapes, a number that is not finite, or an embedding of length 0.

    Source: Liang et al. 2022, "Mind the gap".
    """
    a, b = _sphere(x, "x"), _sphere(y, "y")
    _same_width(a, b)
    return float(np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)))


def alignment(x: Any, y: Any, *, alpha: float = 2.0) -> float:
    """Mean distance of the two sides of a pair to the power ``alpha``, on the unit sphere.

    Args:
        x: ``(n, d)`` embeddings.
        y: ``(n, d)``, the partners in the same order.
        alpha: above 0.

    Returns:
        A number in [0, 2 ** alpha]; lower is better, 0 is pairs on top of one another.

    Raises:
        ValueError: as ``modality_gap``, different numbers of embeddings, or ``alpha`` out of range.

    Source: Wang and Isola 2020, ``align_loss``.
    """
    a, b = _sphere(x, "x"), _sphere(y, "y")
    _same_width(a, b)
    if len(a) != len(b) or not alpha > 0:
        raise ValueError(f"x and y must be pairs and alpha above 0, got {len(a)} and {len(b)} rows and alpha {alpha}.")
    return float((np.linalg.norm(a - b, axis=1) ** alpha).mean())


def uniformity(x: Any, *, t: float = 2.0) -> float:
    """Logarithm of the mean Gaussian potential of all pairs of different rows, on the unit sphere.

    Args:
        x: ``(n, d)`` embeddings, two or more. The pairs are gone through in blocks of rows.
        t: above 0.

    Returns:
        A number in [-4 t, 0]; lower is more uniform, 0 is all at one point.

    Raises:
        ValueError: as ``modality_gap``, fewer than two embeddings, or ``t`` out of range.

    Source: Wang and Isola 2020, ``uniform_loss``.
    """
    a = _sphere(x, "x")
    if len(a) < 2 or not t > 0:
        raise ValueError(f"x must have two rows or more and t be above 0, got {len(a)} rows and t {t}.")
    total = 0.0
    for start in range(0, len(a), _ROWS):
        squared = np.maximum(2 - 2 * (a[start : start + _ROWS] @ a.T), 0)
        total += float(np.exp(-t * squared).sum())
    itself = float(np.exp(-t * np.maximum(2 - 2 * (a * a).sum(axis=1), 0)).sum())
    return float(min(np.log((total - itself) / (len(a) * (len(a) - 1))), 0.0))


def _sphere(x: Any, name: str) -> Array:
    values = to_finite_matrix(x, name)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not len(values):
        raise ValueError(f"{name} must have one row or more.")
    if (lengths == 0).any():
        raise ValueError(f"{name}[{int(lengths[:, 0].argmin())}] has length 0, so that it has no direction.")
    return np.asarray(values / lengths)


def _same_width(x: Array, y: Array) -> None:
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have the same width, got {x.shape[1]} and {y.shape[1]}.")
