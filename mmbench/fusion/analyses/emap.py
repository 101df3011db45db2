"""EMAP: what is left of a model's value once it is projected on sums of functions of one modality each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.analyses.base import Judge, Outputs, Predict, Rows, given, stream
from mmbench.fusion.blocks import Block, Floats, Mask

ROWS = 300
CELLS = 2**22  # numbers given to the model at a time, or the rows of the sample once where these are more
PAIRS = 2**15  # rows given to the model at a time, for its outputs may be wide
Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Emap:
    """A model beside its additive projection.

    Attributes:
        value: the model's, on the rows of the sample.
        projected: that of the projection.
        gap: the first less the second: what only the interaction of modalities brings; below 0 for an error that it lowers.
        n: rows in the sample.
        draws: outputs behind each expectation: all rows with two modalities (exact); as many with more, where each row of every other
            modality is drawn once.
    """

    value: float
    projected: float
    gap: float
    n: int
    draws: int


def emap(predict: Predict, block: Block, judge: Judge, *, rows: int = ROWS, seed: int = 0) -> Emap:
    """The empirical multimodally-additive function projection of a model, on a sample of the rows.

    It takes n^2 rows of ``predict`` for two modalities, and M n^2 for M.

    Args:
        predict: the model.
        block: the rows.
        judge: is told which rows the outputs are of.
        rows: how many are drawn, without replacement; all where there are fewer.
        seed: of the sample, the same for all models, and of the draws.

    Source: Hessel and Lee (2020), EMNLP, 2010.06572.
    """
    n = min(rows, len(block))
    chosen: Rows = np.sort(stream(seed, "emap").choice(len(block), n, replace=False))
    inputs, masks = given(block)
    outputs, additive = projection(predict, [x[chosen] for x in inputs], [m[chosen] for m in masks], seed=seed)
    value, projected = float(judge(outputs, chosen)), float(judge(additive, chosen))
    return Emap(value, projected, value - projected, n, n)


def projection(
    predict: Predict, inputs: Sequence[Floats], masks: Sequence[Mask], *, seed: int = 0
) -> tuple[Outputs, Array]:
    """Outputs ``(n, c)`` of a model, and of its projection: the sum of E[f | x_m] over the modalities less (M - 1) E[f].

    The modalities are independent in the expectations. Of a model that is a sum over modalities, the projection is the model itself, for
    any number of them: every row of every modality is met equally often.
    """
    outputs, count = predict(inputs, masks), len(inputs)
    if count == 1:
        return outputs, np.asarray(outputs, dtype=np.float64)
    means = (
        _both(predict, inputs, masks)
        if count == 2
        else [_expected(predict, inputs, masks, own, seed) for own in range(count)]
    )
    whole = np.mean([mean.mean(axis=0) for mean in means], axis=0)
    return outputs, np.sum(means, axis=0) - (count - 1) * whole


def _both(predict: Predict, inputs: Sequence[Floats], masks: Sequence[Mask]) -> list[Array]:
    """Of two modalities, the means over all partners of each row of the first, and of each row of the second."""
    n = len(masks[0])
    first, second = [], []
    for own in _parts(inputs):
        index = [np.repeat(own, n), np.tile(np.arange(n), len(own))]
        found = _paired(predict, inputs, masks, index, n)
        first.append(found.mean(axis=1))
        second.append(found.sum(axis=0))
    return [np.concatenate(first), np.sum(second, axis=0) / n]


def _expected(predict: Predict, inputs: Sequence[Floats], masks: Sequence[Mask], own: int, seed: int) -> Array:
    """The mean over the other modalities of each row of one: every row of each other is drawn once, in an order of its own."""
    n, rng = len(masks[own]), stream(seed, "emap draws", own)
    found = []
    for part in _parts(inputs):
        orders = [rng.permuted(np.tile(np.arange(n), (len(part), 1)), axis=1).ravel() for _ in inputs]
        orders[own] = np.repeat(part, n)
        found.append(_paired(predict, inputs, masks, orders, n).mean(axis=1))
    return np.concatenate(found)


def _paired(predict: Predict, inputs: Sequence[Floats], masks: Sequence[Mask], index: Sequence[Rows], n: int) -> Array:
    """Outputs ``(rows, n, c)`` of rows put together from different ones."""
    moved = [values[rows] for values, rows in zip(inputs, index, strict=True)]
    outputs = predict(moved, [mask[rows] for mask, rows in zip(masks, index, strict=True)])
    return np.asarray(outputs, dtype=np.float64).reshape(-1, n, outputs.shape[-1])


def _parts(inputs: Sequence[Floats]) -> list[Rows]:
    """The rows in parts, each of which meets all rows at once."""
    n = len(inputs[0])
    width = sum(int(np.prod(values.shape[1:])) for values in inputs)
    step = max(1, min(CELLS // max(1, width), PAIRS) // n)
    return [np.arange(start, min(start + step, n)) for start in range(0, n, step)]
