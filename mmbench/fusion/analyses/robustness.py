"""One number for a noise curve: its area, what it keeps above chance, and how it stands beside late fusion's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 0.1  # between MultiBench's levels


@dataclass(frozen=True, slots=True)
class Robustness:
    """What a noise curve comes to.

    Attributes:
        area: the mean of the curve over the range of levels, in the measure's unit and direction.
        retention: per level, the part of the clean value above chance that is left: 1 is all, 0 chance.
        kept: the mean of that over the range of levels.
        effective: how much better than late fusion the model would stand, had both started from one clean value, as a mean over the
            levels; positive is better, whatever the measure's direction. NaN without late fusion's curve.
    """

    area: float
    retention: tuple[float, ...]
    kept: float
    effective: float


def robustness(
    levels: Sequence[float],
    curve: Sequence[float],
    *,
    chance: float,
    late: Sequence[float] | None = None,
    higher_is_better: bool = True,
) -> Robustness:
    """All that is said about a noise curve.

    Args:
        levels: of noise, rising, the clean one first.
        curve: a value per level.
        chance: the measure's value of a model that knows nothing.
        late: late fusion's curve at the same levels, measured in the same job.
        higher_is_better: the measure's direction.

    Raises:
        ValueError: lists of different length, fewer than two levels, or levels that do not rise from 0.
    """
    if levels[0] != 0:
        raise ValueError(f"the first level is the clean one, 0, not {levels[0]}.")
    kept = retention(curve, chance, higher_is_better=higher_is_better)
    beside = float("nan") if late is None else effective(curve, late, higher_is_better=higher_is_better)
    return Robustness(area(levels, curve), tuple(kept), area(levels, kept), beside)


def area(levels: Sequence[float], curve: Sequence[float]) -> float:
    """The area under the curve by the trapezoid rule on the levels themselves, over their range: the mean value.

    Raises:
        ValueError: lists of different length, fewer than two levels, or levels that do not rise.
    """
    steps, values = np.asarray(levels, dtype=np.float64), _numbers(curve)
    if steps.shape != values.shape or len(steps) < 2 or not (np.diff(steps) > 0).all():
        raise ValueError("a curve needs a value at each of two or more levels that rise.")
    return float(np.trapezoid(values, steps) / (steps[-1] - steps[0]))


def retention(curve: Sequence[float], chance: float, *, higher_is_better: bool = True) -> list[float]:
    """(A(s) - chance) / (A(0) - chance) per level; NaN where the clean value is not better than chance: there is nothing to keep."""
    values = _numbers(curve) - chance
    better = values[0] > 0 if higher_is_better else values[0] < 0
    return (values / values[0]).tolist() if better else [float("nan")] * len(values)


def effective(curve: Sequence[float], late: Sequence[float], *, higher_is_better: bool = True) -> float:
    """The mean over all levels, the clean one too, of A(s) - (A_late(s) + A(0) - A_late(0)), signed so that positive is better.

    Raises:
        ValueError: curves of different length.

    Source: the form of MultiBench (Liang et al. 2021, 2107.07502) after Taori et al. (2020), with a measured curve of late fusion and
    not normalised.
    """
    mean = multibench_effective(curve, late) / len(curve)
    return mean if higher_is_better else -mean


def multibench_relative(curve: Sequence[float]) -> float:
    """MultiBench's tau for relative robustness: the area at steps of 0.1, before its code rescales it among stored baselines.

    Only to stand beside old tables: it grows with the number of levels.
    """
    values = _numbers(curve)
    return float(STEP * (values[1:] + values[:-1]).sum() / 2)


def multibench_effective(curve: Sequence[float], late: Sequence[float]) -> float:
    """MultiBench's tau for effective robustness: the sum over the levels of A(s) - (A_late(s) + A(0) - A_late(0)), unsigned as there.

    Raises:
        ValueError: curves of different length.
    """
    values, others = _numbers(curve), _numbers(late)
    if values.shape != others.shape:
        raise ValueError(
            f"the curve has {len(values)} levels and late fusion's {len(others)}: measure both at the same."
        )
    return float(((values - values[0]) - (others - others[0])).sum())


def _numbers(curve: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(curve, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError("a curve is a list of one or more values.")
    return values
