"""Blocks, judges and models whose answers are known exactly."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.analyses import Judge
from mmbench.fusion.blocks import Block, Column, Floats, Mask

Outputs = NDArray[Any]
Model = Callable[[Sequence[Floats], Sequence[Mask]], Outputs]
NAMES = ("image", "text", "audio", "vision")


def make_block(*values: Any, targets: Any = None, masks: Any = None) -> Block:
    arrays = [np.asarray(one, dtype=np.float32) for one in values]
    there = masks or [np.ones(one.shape[:-1], dtype=np.bool_) for one in arrays]
    n = len(arrays[0])
    columns = tuple(Column(NAMES[i], arrays[i], there[i]) for i in range(len(arrays)))
    ids = [str(i) for i in range(n)]
    return Block(ids, columns, np.zeros(n) if targets is None else np.asarray(targets), ids)


def random_block(n: int, *dims: int, seed: int = 0) -> Block:
    rng = np.random.default_rng(seed)
    return make_block(*(rng.normal(size=(n, d)) for d in dims), targets=rng.normal(size=n))


def ones(block: Block) -> dict[str, Floats]:
    return {one.name: np.ones(one.values.shape[-1], dtype=np.float32) for one in block.inputs}


def linear_judge(block: Block) -> Judge:
    """The mean of output times target."""

    def judge(outputs: Outputs, rows: Any = None, /) -> float:
        return float((outputs[:, 0] * block.targets[slice(None) if rows is None else rows]).mean())

    return judge


def accuracy_judge(block: Block) -> Judge:
    def judge(outputs: Outputs, rows: Any = None, /) -> float:
        return float((outputs.argmax(axis=1) == block.targets[slice(None) if rows is None else rows]).mean())

    return judge


def additive(*functions: Callable[[NDArray[Any]], NDArray[Any]]) -> Model:
    """A sum of functions of one modality each, 0 where that is masked, in float64."""

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        parts = [
            np.where(mask, function(values.astype(np.float64)), 0.0)
            for function, values, mask in zip(functions, inputs, masks, strict=True)
        ]
        return np.asarray(np.sum(parts, axis=0))[:, None] + 0.7

    return predict


THREE = additive(lambda x: np.sin(x).sum(-1), lambda x: (x**3).sum(-1), lambda x: np.abs(x[:, 0]))


def exclusive_or(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
    """Class scores by the sign of the product of two numbers; class 0 where one is missing."""
    both = inputs[0][:, 0] * inputs[1][:, 0]
    return np.stack([np.zeros(len(both)), both], axis=1)


def signs() -> Block:
    values = np.array([-1.0, 1.0] * 20)[:, None], np.repeat([-1.0, 1.0], 20)[:, None]
    return make_block(*values, targets=(values[0] * values[1] > 0)[:, 0].astype(int))


def every_subset_by_hand(predict: Model, block: Block, judge: Judge) -> dict[frozenset[str], float]:
    found = {}
    for kept in product((False, True), repeat=len(block.inputs)):
        masks = [one.mask & keep for one, keep in zip(block.inputs, kept, strict=True)]
        name = frozenset(name for name, keep in zip(block.names, kept, strict=True) if keep)
        found[name] = judge(predict([one.values for one in block.inputs], masks))
    return found
