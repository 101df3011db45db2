"""The width at which a method has as many trained parameters as the budget gives, the shared head included."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

from mmbench.errors import UserError
from mmbench.fusion.base import Fusion

NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Size:
    """How large a method is made.

    Attributes:
        width: of its result.
        parameters: all that are trained, with the head.
    """

    width: int
    parameters: int


def total(fusion: Fusion, dims: Sequence[int], outputs: int, width: int, knobs: Mapping[str, Any] = NONE) -> int:
    """Trained parameters of the method and of the head that turns its result into ``outputs`` numbers."""
    if fusion.decides:
        return fusion.parameters(dims, width, outputs, **knobs)
    return fusion.parameters(dims, width, **knobs) + width * outputs + outputs


def sized(
    fusion: Fusion,
    dims: Sequence[int],
    outputs: int,
    budget: int,
    *,
    tolerance: float = 0.05,
    knobs: Mapping[str, Any] = NONE,
) -> Size:
    """The width, a multiple of ``fusion.multiple``, whose count is nearest to the budget; of two the smaller.

    The count has to grow with the width, and by at least one parameter per unit, as every unit of the result has weights in the head.

    Args:
        fusion: the method.
        dims: sizes of the modalities.
        outputs: classes, or 1 for a value.
        budget: parameters.
        tolerance: the share of the budget by which the count may differ.
        knobs: of the method, where they are not its defaults.

    Raises:
        UserError: no width comes near enough, or the smallest is already too large.
    """
    sizes = _nearest(lambda width: total(fusion, dims, outputs, width, knobs), fusion.multiple, budget)
    best = min(sizes, key=lambda size: abs(size.parameters - budget))
    if abs(best.parameters - budget) <= tolerance * budget:
        return best
    instead = _instead(fusion, knobs)
    if best.parameters > budget and best.width == fusion.multiple:
        raise UserError(
            f"{fusion.name} needs at least {best.parameters:,} parameters for modalities of {_list(dims)} numbers and "
            f"{outputs} outputs, and the budget is {budget:,}: choose a larger budget{instead}."
        )
    counts = " and ".join(f"{size.parameters:,}" for size in sizes)
    raise UserError(
        f"{fusion.name} cannot be brought to within {tolerance:.0%} of {budget:,} parameters for modalities of {_list(dims)} "
        f"numbers and {outputs} outputs (the nearest it can have: {counts}): choose another budget{instead}."
    )


def choices(
    fusion: Fusion, dims: Sequence[int], outputs: int, budget: int, *, tolerance: float = 0.05
) -> list[tuple[dict[str, Any], Size]]:
    """Every combination of the method's knobs that fits the budget, with its size; one without knobs for a method that has none.

    Raises:
        UserError: none fits; what ``sized`` says of the first.
    """
    found: list[tuple[dict[str, Any], Size]] = []
    reasons: list[UserError] = []
    for values in product(*fusion.knobs.values()):
        knobs = dict(zip(fusion.knobs, values, strict=True))
        try:
            found.append((knobs, sized(fusion, dims, outputs, budget, tolerance=tolerance, knobs=knobs)))
        except UserError as error:
            reasons.append(error)
    if not found:
        raise reasons[0]
    return found


def _nearest(count: Callable[[int], int], step: int, budget: int) -> list[Size]:
    """The last width within the budget and the first above it, as far as there are such."""
    low, high = 0, 1  # multiples of the step; 0 stands for none
    while count(high * step) <= budget and high * step <= budget:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle * step) <= budget else (low, middle)
    sizes = [Size(units * step, count(units * step)) for units in (low, high) if units]
    return sizes if len({size.parameters for size in sizes}) == len(sizes) else sizes[:1]


def _instead(fusion: Fusion, knobs: Mapping[str, Any]) -> str:
    if not fusion.knobs:
        return ""
    others = "; ".join(f"{name} of {_list(values)}" for name, values in fusion.knobs.items())
    now = ", ".join(f"{name}={value}" for name, value in knobs.items()) or "the defaults"
    return f", or other knobs than {now} ({others})"


def _list(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))
