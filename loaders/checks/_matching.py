"""What similarities of pairs say about their pairing: exact z, residuals, lags. All from a matrix whose diagonal is the claimed order.

The matrix ``S`` ``(n, n)`` holds the similarity of the left side of row i and the right side of row j. Double-centred,
``D = S - row mean - column mean + mean``: what is left when some texts are close to everything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Array = NDArray[np.float64]
LAGS = tuple(lag for lag in range(-5, 6) if lag)


@dataclass(frozen=True, slots=True)
class Match:
    """How well the claimed order of some pairs fits.

    Attributes:
        z: how far the mean similarity of the pairs is above that of shuffled ones, in standard deviations over all shuffles.
        effect: the mean residual of a pair in deviations of the residuals; ``z`` is about ``effect * sqrt(n)``.
        n: pairs.
    """

    z: float
    effect: float
    n: int


def similarities(left: NDArray[np.floating], right: NDArray[np.floating]) -> Matrix:
    """``(n, n)`` products of vectors of unit length."""
    found: Matrix = np.asarray(left, dtype=np.float32) @ np.asarray(right, dtype=np.float32).T
    return found


def centred(scores: Matrix) -> Matrix:
    """Row means, column means taken off, the mean put back."""
    rows, columns = scores.mean(1, dtype=np.float64), scores.mean(0, dtype=np.float64)
    found: Matrix = scores - rows[:, None].astype(np.float32) - (columns - columns.mean())[None, :].astype(np.float32)
    return found


def deviation(residuals: Matrix) -> float:
    """The standard deviation of residuals ``(n, n)`` about the zero means of their rows and columns."""
    total = float(np.einsum("ij,ij->", residuals, residuals, dtype=np.float64))
    return float(np.sqrt(total)) / max(len(residuals) - 1, 1)


def match(scores: Matrix) -> Match:
    """How well the diagonal of ``(n, n)`` similarities fits.

    The mean and variance of the diagonal's sum over all n! orders are exact, so no order is drawn.

    Source: Hoeffding (1951), A combinatorial central limit theorem.
    """
    n = len(scores)
    residuals = centred(scores)
    spread = deviation(residuals)
    if n < 2 or spread < 1e-9:
        return Match(0.0, 0.0, n)
    effect = float(np.diagonal(residuals).mean(dtype=np.float64)) / spread
    return Match(effect * n / float(np.sqrt(n - 1)), effect, n)


def standing(scores: Matrix) -> tuple[Array, Array]:
    """Per pair ``(n,)`` its residual in deviations, and the mean share of other rights and lefts that fit better, in [0, 1]."""
    residuals = centred(scores)
    own = np.diagonal(residuals).astype(np.float64)
    others = max(len(scores) - 1, 1)
    better = (residuals > own[:, None]).sum(1) + (residuals > own[None, :]).sum(0)
    return own / max(deviation(residuals), 1e-9), better / (2 * others)


def lag_profile(scores: Matrix) -> dict[int, float]:
    """Per lag in -5..5 the z of pairing row i with row i + lag, over the rows that have such a neighbour."""
    n = len(scores)
    found = {0: match(scores).z}
    for lag in LAGS:
        rows = np.arange(max(0, -lag), n - max(0, lag))
        found[lag] = match(scores[np.ix_(rows, rows + lag)]).z if len(rows) > 2 else 0.0
    return found
