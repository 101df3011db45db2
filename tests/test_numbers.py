"""How numbers are written: the digits that a reader gets to see."""

import pytest

from mmbench.numbers import short, signed


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0134, "%", "+1.3"), (-0.0134, "%", "-1.3"), (0.0004, "%", "0.0"), (-0.0004, "%", "0.0"), (0.0134, "", "+0.013"),
     (None, "%", "–")],
)  # fmt: skip
def test_a_difference_has_a_sign_unless_it_is_written_as_nothing(value: float | None, unit: str, text: str) -> None:
    assert signed(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (0.0417, "0.042"), (0.00004, "4e-05"), (7.314, "7.31"), (64.25, "64.2"), (999, "999"),
     (999.6, "1k"), (49812, "49.8k"), (1_234_567, "1.23M"), (3.2e9, "3.2G"), (5e13, "50T")],
)  # fmt: skip
def test_a_quantity_has_three_digits(value: float | None, text: str) -> None:
    assert short(value) == text
