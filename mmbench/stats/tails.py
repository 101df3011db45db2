"""Upper tails of the normal and chi-square distributions, in closed form."""

import math


def normal_tail(z: float) -> float:
    """The chance that a standard normal value is above ``z``."""
    return math.erfc(z / math.sqrt(2)) / 2


def chi_square_tail(value: float, degrees: int) -> float:
    """The chance that a chi-square value with ``degrees`` degrees of freedom is above ``value``.

    Raises:
        ValueError: no degree of freedom, or a value that is negative or no number.

    Source: Abramowitz and Stegun (1964), 26.4.4 and 26.4.5.
    """
    if degrees < 1 or not value >= 0:
        raise ValueError(f"chi-square needs degrees >= 1 and a value >= 0, got {degrees} and {value}.")
    if value == 0:
        return 1.0
    half = value / 2
    found, exponent = (math.erfc(math.sqrt(half)), 0.5) if degrees % 2 else (math.exp(-half), 1.0)
    while exponent < degrees / 2:
        found += math.exp(exponent * math.log(half) - half - math.lgamma(exponent + 1))
        exponent += 1
    return min(1.0, found)
