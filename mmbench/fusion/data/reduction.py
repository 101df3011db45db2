"""Features standardised and reduced by what is known of the training rows, so that all methods see one small input."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weighed = Iterator[tuple[NDArray[Any], NDArray[Any]]]  # steps (s, d), and how often each counts (s,)
CONSTANT = 1e-6  # of the mean: a smaller deviation is the rounding of float32
DRAWN = 20_000  # steps that components are fitted on


@dataclass(frozen=True, slots=True)
class Reduction:
    """An affine map of steps.

    Attributes:
        mean: ``(d,)``.
        scale: ``(d,)``, what centred features are multiplied by; 0 for one without variance.
        basis: ``(d, kept)`` orthonormal columns, zeros for a component without variance; ``None`` where all features are kept.
        factor: what all components are multiplied by, so that their mean variance on train is 1.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    basis: NDArray[np.float64] | None = None
    factor: float = 1.0

    def __call__(self, steps: NDArray[Any]) -> NDArray[np.float64]:
        """Steps ``(s, d)`` to ``(s, kept)``."""
        scaled = (steps.astype(np.float64) - self.mean) * self.scale
        return scaled if self.basis is None else scaled @ self.basis * self.factor


class Steps:
    """The usable steps of some rows, each distinct one once, with how often it occurs.

    Args:
        values: floats ``(S, d)``.
        weights: int ``(S,)``, 0 for what is hidden or not among the rows.
    """

    def __init__(self, values: NDArray[Any], weights: NDArray[np.int64]) -> None:
        self._values = values
        self._used: NDArray[np.int64] = np.flatnonzero(weights)
        self._weights = weights[self._used]

    @property
    def total(self) -> int:
        """Steps, each as often as it occurs."""
        return int(self._weights.sum())

    def drawn(self, most: int, seed: int = 0) -> "Steps":
        """Of more distinct steps than that, so many by chance."""
        if len(self._used) <= most:
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(len(self._used), most, replace=False))
        weights = np.zeros(len(self._values), dtype=np.int64)
        weights[self._used[chosen]] = self._weights[chosen]
        return Steps(self._values, weights)

    def pieces(self, size: int = 4096) -> Weighed:
        """The steps piece by piece as float64, since the whole may be larger than memory."""
        for start in range(0, len(self._used), size):
            rows = self._used[start : start + size]
            yield self._values[rows].astype(np.float64), self._weights[start : start + size, None].astype(np.float64)


def reduction_of(steps: Steps, width: int, reduce: int | None) -> Reduction:
    """The map that gives training steps mean 0 and each feature variance 1, then at most ``reduce`` principal components.

    A feature whose deviation is nothing beside its mean becomes 0, as does a component without variance: the number of columns depends
    on ``width`` and ``reduce`` alone, and so is the same in all folds.

    Args:
        steps: of train; may be none.
        width: d.
        reduce: components that are kept where d is larger; ``None`` keeps all features.
    """
    total = max(steps.total, 1)
    mean = sum((values * weights).sum(0) for values, weights in steps.pieces()) / total + np.zeros(width)
    variance = sum((np.square(values - mean) * weights).sum(0) for values, weights in steps.pieces()) / total
    deviation = np.sqrt(variance + np.zeros(width))
    varies = deviation > np.maximum(CONSTANT * np.abs(mean), np.finfo(np.float64).tiny)
    plain = Reduction(mean, np.where(varies, 1 / np.where(varies, deviation, 1.0), 0.0))
    return plain if reduce is None or width <= reduce else _components(plain, steps, reduce)


def deviations(reduction: Reduction, steps: Steps) -> NDArray[np.float64]:
    """``(kept,)``: the standard deviation of each reduced feature over steps, whose mean is 0."""
    found = [(np.square(reduction(values)) * weights).sum(0) for values, weights in steps.pieces()]
    return np.sqrt(np.sum(found, axis=0) / steps.total) if found else np.zeros(_kept(reduction))


def _components(plain: Reduction, steps: Steps, reduce: int) -> Reduction:
    sample = steps.drawn(DRAWN)
    gram = np.zeros((len(plain.mean), len(plain.mean)))
    for values, weights in sample.pieces():
        scaled = plain(values)
        gram += scaled.T @ (scaled * weights)
    found, vectors = np.linalg.eigh(gram / max(sample.total, 1))
    found, vectors = found[::-1][:reduce], vectors[:, ::-1][:, :reduce]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(reduce)])  # either sign would do: keep to one
    there = found > 1e-10 * max(float(found[0]), np.finfo(np.float64).tiny)
    basis = vectors * signs * there
    loose = Reduction(plain.mean, plain.scale, basis)
    spread = float(np.mean(np.square(deviations(loose, steps)))) if there.any() else 0.0
    return Reduction(plain.mean, plain.scale, basis, 1 / np.sqrt(spread) if spread > 0 else 1.0)


def _kept(reduction: Reduction) -> int:
    return len(reduction.mean) if reduction.basis is None else reduction.basis.shape[1]


def weights_of(starts: NDArray[np.int64], mask: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(S,)``: how often each step occurs in rows.

    Args:
        starts: ``(k + 1,)``, where the steps of each distinct entry begin, and the end.
        mask: bool ``(S,)``, whether a step can be used.
        rows: ``(n,)``, the entry of each row, -1 for none.
    """
    counts = np.bincount(rows[rows >= 0], minlength=len(starts) - 1)
    found: NDArray[np.int64] = np.where(mask, np.repeat(counts, np.diff(starts)), 0)
    return found
