"""How numbers are written on a board: one rule for the unit, one for the digits.

Shares are in per cent with one decimal. A share is a score whose best value is 1 where higher is better, unless it is
a correlation. Everything else is written as it is: three decimals below 10, one below 100, none above.
"""

from mmbench.runs.records import Score

NONE = "\u2013"  # an en dash
MINUS = "\u2212"
CORRELATIONS = frozenset({"corr", "spearman", "pearson", "kendall", "ccc", "matthews"})


def unit_of(score: Score) -> str:
    """``%`` for a share, else empty."""
    key = score.metric.rpartition("/")[2]
    return "%" if score.higher_is_better and score.ceiling == 1.0 and key not in CORRELATIONS else ""


def number(value: float | None, unit: str) -> str:
    """A value as text, a dash for ``None``."""
    if value is None:
        return NONE
    if unit == "%":
        return _unsigned_zero(f"{100 * value:.1f}")
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return _unsigned_zero(f"{value:.{digits}f}")


def interval(low: float | None, high: float | None, unit: str) -> str:
    """``[15.1, 19.3]``, empty where there is no interval."""
    return "" if low is None or high is None else f"[{number(low, unit)}, {number(high, unit)}]"


def _unsigned_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text
