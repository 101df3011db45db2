"""Standard errors and intervals in closed form: clustered standard error, Wilson's interval, and how many samples to ask for."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from mmbench.stats._labels import Labels, codes_of, finite


def clustered_standard_error(values: ArrayLike, clusters: Labels | None = None) -> float:
    """Standard error of the mean of ``values`` ``(n,)`` when samples of one cluster go together (CR1).

    sqrt(G / (G - 1) * sum over the G clusters of (sum of deviations in it)^2) / n; without ``clusters`` it is the
    textbook s / sqrt(n). Miller (2024), "Adding error bars to evals", eq. 4 is the same without the small-sample factor
    G / (G - 1); with it, the value is that of statsmodels' ``cov_type="cluster"``.

    Args:
        values: ``(n,)`` finite numbers.
        clusters: a label per value.

    Returns:
        The standard error; NaN with fewer than two clusters.

    Raises:
        ValueError: a value that is not finite, or labels that are missing or of another length.
    """
    numbers = finite(values)
    codes, count = codes_of(clusters, len(numbers), "clusters")
    if count < 2:
        return float("nan")
    within = np.bincount(codes, weights=numbers - numbers.mean(), minlength=count)
    return float(np.sqrt(count / (count - 1) * (within @ within)) / len(numbers))


def wilson_interval(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share: also right at 0 and 1, where s / sqrt(n) says that there is no doubt.

    Args:
        successes: how many.
        n: of how many independent samples.
        level: coverage, in (0, 1).

    Returns:
        Low and high end in [0, 1]; NaN without samples.

    Raises:
        ValueError: counts that are no counts, or ``level`` out of range.

    Source: Wilson (1927).
    """
    if not (0 <= successes <= n) or not 0 < level < 1:
        raise ValueError(f"0 <= successes <= n and level in (0, 1) are expected, got {successes}, {n} and {level}.")
    if n == 0:
        return math.nan, math.nan
    z, share = NormalDist().inv_cdf((1 + level) / 2), successes / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)


def detectable_difference(standard_deviation: float, n: int, *, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest true difference between two models that a paired two-sided test finds with the given probability.

    Args:
        standard_deviation: of the differences per sample: sqrt(share of samples on which two models disagree) for
            scores of 0 and 1; multiply it by clustered over plain standard error where samples come in clusters.
        n: number of samples that both models were scored on.
        power: probability to find it, in (0, 1).
        level: of the test, in (0, 1).

    Returns:
        In the unit of the scores.

    Raises:
        ValueError: numbers out of range.

    Source: Miller (2024), "Adding error bars to evals", section 5.
    """
    if not (standard_deviation >= 0 and n > 0):
        raise ValueError(f"standard_deviation >= 0 and n > 0 are expected, got {standard_deviation} and {n}.")
    return _power_quantile(power, level) * standard_deviation / math.sqrt(n)


def samples_needed(difference: float, standard_deviation: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """How many samples a paired test needs to tell two models apart whose true difference is ``difference``.

    Args:
        difference: above 0, in the unit of the scores (0.01 is one point of accuracy).
        standard_deviation: of the differences per sample, as in ``detectable_difference``, of which this is the inverse.
        power: probability to find it, in (0, 1).
        level: of the test, in (0, 1).

    Raises:
        ValueError: numbers out of range.
    """
    if not (difference > 0 and standard_deviation >= 0):
        raise ValueError(
            f"difference > 0 and standard_deviation >= 0 are expected, got {difference} and {standard_deviation}."
        )
    return max(1, math.ceil((_power_quantile(power, level) * standard_deviation / difference) ** 2))


def _power_quantile(power: float, level: float) -> float:
    if not (0 < power < 1 and 0 < level < 1):
        raise ValueError(f"power and level must lie in (0, 1), got {power} and {level}.")
    return NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)
