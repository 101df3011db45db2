"""Noise curves as numbers, against areas by hand and what MultiBench's own code gave."""

import math
from typing import Any

import pytest

from mmbench.fusion.analyses import robustness
from mmbench.fusion.analyses.robustness import area, effective, multibench_effective, multibench_relative, retention
from tests.metrics.vectors import official


def test_the_area_is_by_trapezoids_on_the_levels_themselves() -> None:
    assert area([0, 1, 3], [1.0, 0.5, 0.25]) == pytest.approx((0.75 * 1 + 0.375 * 2) / 3)
    assert area([0, 0.25, 4], [0.7, 0.7, 0.7]) == pytest.approx(0.7)
    for levels, curve in [([0, 1], [1.0]), ([0], [1.0]), ([0, 2, 1], [1.0, 1.0, 1.0])]:
        with pytest.raises(ValueError, match="levels that rise"):
            area(levels, curve)
    with pytest.raises(ValueError, match="one or more values"):
        area([], [])


def test_retention_is_what_is_left_above_chance_whatever_the_direction() -> None:
    assert retention([0.9, 0.7, 0.5, 0.4], 0.5) == pytest.approx([1, 0.5, 0, -0.25])
    assert retention([0.6, 0.8, 1.0], 1.0, higher_is_better=False) == pytest.approx([1, 0.5, 0])
    assert all(math.isnan(one) for one in retention([0.5, 0.6], 0.5))
    assert all(math.isnan(one) for one in retention([1.2, 1.3], 1.0, higher_is_better=False))


def test_effective_robustness_is_the_mean_distance_from_a_shifted_late_fusion() -> None:
    """Late fusion loses .1 and .3; the model, from .8, loses .1 and .1: it stands 0, 0 and .2 above."""
    late = [0.7, 0.6, 0.4]
    assert effective([0.8, 0.7, 0.7], late) == pytest.approx(0.2 / 3)
    assert effective(late, late) == 0
    with pytest.raises(ValueError, match="3 levels and late fusion's 2"):
        effective(late, late[:2])


def test_an_error_that_rises_less_than_late_fusions_is_more_robust() -> None:
    late, flat = [1.0, 1.2, 1.6], [1.1, 1.1, 1.1]
    found = robustness([0, 1, 2], flat, chance=1.5, late=late, higher_is_better=False)
    assert found.effective == pytest.approx((0 + 0.2 + 0.6) / 3)
    assert found.area == pytest.approx(1.1)
    assert found.retention == pytest.approx((1, 1, 1))
    assert found.kept == pytest.approx(1)


def test_one_object_says_it_all() -> None:
    found = robustness([0, 1, 3], [0.9, 0.7, 0.5], chance=0.5)
    assert found.area == pytest.approx((0.8 + 0.6 * 2) / 3)
    assert found.retention == pytest.approx((1, 0.5, 0))
    assert found.kept == pytest.approx((0.75 + 0.25 * 2) / 3)
    assert math.isnan(found.effective)
    with pytest.raises(ValueError, match="the first level is the clean one"):
        robustness([0.1, 1], [0.9, 0.7], chance=0.5)


CASES: list[Any] = official("sentiment/vectors_multibench_robustness.json")["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['task_key']} {case['curve'][0]}")
def test_the_taus_of_multibench_are_what_its_code_gave(case: Any) -> None:
    assert multibench_relative(case["curve"]) == pytest.approx(case["raw_area(relative_robustness_helper)"], abs=1e-12)
    wanted = case["raw_effective(effective_robustness_helper)"]
    if wanted is not None:
        assert multibench_effective(case["curve"], case["LF_reference_curve"]) == pytest.approx(wanted, abs=1e-9)
