"""The geometry of two modalities in one space: the gap between them, how near pairs are, how spread all points are."""

from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._inputs import to_finite_matrix
from mmbench.metrics._means import mean_metric
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "alignment",
    "alignment_metric",
    "modality_gap",
    "modality_gap_metric",
    "uniformity",
    "uniformity_metric",
]

VERSION = "1"
_ROWS = 1024
_FAILED = "none: no embedding can stand for a missing one, and missing rows are refused"


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
    return float(_uniformity({"x": a}, np.ones((1, len(a))), t=t)["uniformity"][0])


def modality_gap_metric(width: int) -> Metric:
    """``modality_gap`` as a ``Metric`` for embeddings of ``width`` numbers: ``per_sample(x, y)`` gives both, ``(n, d)``.

    Samples are pairs here: one row of each side.
    """
    definition = "distance of the centres of both modalities on the unit sphere"
    key = Key("modality gap", False, definition, "Liang et al. 2022", upper=2.0, error=_FAILED, undefined="no samples")
    return _kept("modality_gap", {"modality_gap": key}, _pairs, _gap, width, ("x", "y"))


def alignment_metric(alpha: float = 2.0) -> Metric:
    """``alignment`` as a ``Metric``: ``per_sample(x, y)`` gives ``alignment``, the distance to the power ``alpha``."""
    if not alpha > 0:
        raise ValueError(f"alpha must be above 0, got {alpha}.")
    definition = f"mean distance of the two sides of a pair to the power {alpha:g} on the unit sphere"
    key = Key("alignment", False, definition, "Wang and Isola 2020", upper=2.0**alpha, error=_FAILED)
    return mean_metric(
        "alignment", VERSION, {"alignment": key}, partial(_distances, alpha=alpha), params={"alpha": alpha}
    )


def uniformity_metric(width: int, t: float = 2.0) -> Metric:
    """``uniformity`` as a ``Metric`` for embeddings of ``width`` numbers: ``per_sample(x)`` gives ``x``, ``(n, d)``."""
    if not t > 0:
        raise ValueError(f"t must be above 0, got {t}.")
    definition = f"logarithm of the mean of exp(-{t:g} distance^2) over all pairs of rows on the unit sphere"
    key = Key("uniformity", False, definition, "Wang and Isola 2020", -4.0 * t, 0.0, error=_FAILED,
              undefined="fewer than two samples")  # fmt: skip
    values = partial(_uniformity, t=t)
    return _kept("uniformity", {"uniformity": key}, _alone, values, width, ("x",), t=t)


def _kept(
    name: str, keys: dict[str, Key], per_sample: Any, values: Any, width: int, sides: tuple[str, ...], **params: float
) -> Metric:
    """A metric of all embeddings together, which no sums can give."""
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}.")
    return Metric(
        name=name,
        version=VERSION,
        keys=keys,
        per_sample=partial(per_sample, width=width),
        sums=_count,
        from_sums=_nothing,
        from_weights=values,
        params={"width": width, **params},
        kept=dict.fromkeys(sides, (width,)),
    )


def _count(arrays: Arrays) -> dict[str, Array]:
    return {"n": np.ones(len(arrays["x"]))}


def _nothing(sums: Arrays) -> dict[str, Array]:
    del sums
    return {}


def _alone(x: Any, *, width: int) -> dict[str, Array]:
    a = _sphere(x, "x", least=0)
    if len(a) and a.shape[1] != width:
        raise ValueError(f"x must have {width} columns, got {a.shape[1]}.")
    return {"x": a}


def _pairs(x: Any, y: Any, *, width: int) -> dict[str, Array]:
    a, b = _alone(x, width=width)["x"], _sphere(y, "y", least=0)
    if a.shape != b.shape:
        raise ValueError(f"x and y must be pairs of rows of the same width, got shapes {a.shape} and {b.shape}.")
    return {"x": a, "y": b}


def _distances(x: Any, y: Any, *, alpha: float) -> dict[str, Array]:
    a, b = _sphere(x, "x", least=0), _sphere(y, "y", least=0)
    if a.shape != b.shape:
        raise ValueError(f"x and y must be pairs of rows of the same width, got shapes {a.shape} and {b.shape}.")
    return {"alignment": np.linalg.norm(a - b, axis=1) ** alpha}


def _gap(arrays: Arrays, weights: Array) -> dict[str, Array]:
    n = weights.sum(axis=1, keepdims=True)
    between = weights @ (arrays["x"] - arrays["y"]) / np.where(n > 0, n, np.nan)
    return {"modality_gap": np.linalg.norm(between, axis=1)}


def _uniformity(arrays: Arrays, weights: Array, *, t: float) -> dict[str, Array]:
    """Over pairs of different rows, where a row that counts twice is two rows at one point."""
    a, n = arrays["x"], weights.sum(axis=1)
    total = np.zeros(len(weights))
    for start in range(0, len(a), _ROWS):
        rows = slice(start, start + _ROWS)
        potential = np.exp(-t * np.maximum(2 - 2 * (a[rows] @ a.T), 0))
        own = np.arange(len(potential))
        potential[own, own + start] = 1.0  # a row with itself, without what rounding left
        total += (weights[:, rows] @ potential * weights).sum(axis=1)
    pairs = n * (n - 1)
    return {"uniformity": np.minimum(np.log((total - n) / np.where(pairs > 0, pairs, np.nan)), 0.0)}


def _sphere(x: Any, name: str, *, least: int = 1) -> Array:
    values = to_finite_matrix(x, name)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if len(values) < least:
        raise ValueError(f"{name} must have one row or more.")
    if (lengths == 0).any():
        raise ValueError(f"{name}[{int(lengths[:, 0].argmin())}] has length 0, so that it has no direction.")
    return np.asarray(values / lengths)


def _same_width(x: Array, y: Array) -> None:
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have the same width, got {x.shape[1]} and {y.shape[1]}.")
