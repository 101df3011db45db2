"""How numbers are written in tables and on pages: one rule for the unit, one for the digits.

Shares are in per cent with one decimal. Everything else is written as it is: three decimals below 10, one below 100, none above.
"""

NONE = "\u2013"  # an en dash
MINUS = "\u2212"
UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


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


def signed(value: float | None, unit: str) -> str:
    """A difference as text: ``+1.3``, ``-0.4``, ``0.0``."""
    text = number(value, unit)
    return f"+{text}" if value is not None and value > 0 and float(text) != 0 else text


def short(value: float | None) -> str:
    """A quantity >= 0 with three digits: ``0.042``, ``7.31``, ``49.8k``, ``1.2M``."""
    if value is None:
        return NONE
    if 0 < value < 0.001:
        return f"{value:.0e}"
    for size, name in UNITS:
        if value >= 0.9995 * size:
            return f"{_three(value / size)}{name}"
    return _three(value)


def _three(value: float) -> str:
    digits = max(0, 3 - len(str(int(value)))) if value >= 1 else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unsigned_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text
