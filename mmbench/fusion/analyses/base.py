"""What an analysis works on: a trained model as a function of arrays, and a judge of its outputs."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Block, Floats, Mask

Outputs: TypeAlias = NDArray[Any]
Rows: TypeAlias = NDArray[np.int64]
Predict: TypeAlias = Callable[[Sequence[Floats], Sequence[Mask]], Outputs]
"""``predict(inputs, masks)``: per modality float32 ``(n, d_m)`` or ``(n, T_m, d_m)`` and bool ``(n,)`` or ``(n, T_m)``, for any n, to
outputs ``(n, c)``. It batches itself, in evaluation mode, and does not write into what it is given."""


class Judge(Protocol):
    """The value of a measure of some outputs."""

    def __call__(self, outputs: Outputs, rows: Rows | None = None, /) -> float:
        """Judge outputs.

        Args:
            outputs: ``(n, c)``.
            rows: ``(n,)``: which row of the block each of them is of; without them there is an output for every row, in order.

        Returns:
            The value, in the measure's own unit and direction; NaN where the measure is undefined (a correlation of equal numbers).
        """


def given(block: Block) -> tuple[list[Floats], list[Mask]]:
    """Inputs and masks of a block, with 0 wherever a mask hides something, whatever stood there (it may be NaN)."""
    inputs = []
    for column in block.inputs:
        clean = bool((column.values[~column.mask] == 0).all())
        inputs.append(column.values if clean else np.where(column.mask[..., None], column.values, np.float32(0)))
    return inputs, [column.mask for column in block.inputs]


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random numbers of one purpose: the same for every model, and independent of those of other names."""
    words = [seed, *(name if isinstance(name, int) else int.from_bytes(name.encode(), "little") for name in names)]
    return np.random.default_rng(words)


def settled(judge: Judge, chance: float) -> Judge:
    """A judge that gives ``chance`` where the measure is undefined though the outputs are numbers: what is constant tells nothing."""

    def value(outputs: Outputs, rows: Rows | None = None, /) -> float:
        found = float(judge(outputs, rows))
        return chance if math.isnan(found) and bool(np.isfinite(outputs).all()) else found

    return value


def together(names: Iterable[str]) -> str:
    """The name of a set of modalities: ``image+text``; of none, an empty one."""
    return "+".join(names)


def every_subset(count: int) -> list[tuple[int, ...]]:
    """All subsets of the numbers below ``count``, smaller ones first, each in order."""
    return list(chain.from_iterable(combinations(range(count), size) for size in range(count + 1)))
