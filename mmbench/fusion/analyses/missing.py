"""What a model is worth with every subset of the modalities, the others being masked."""

import numpy as np

from mmbench.fusion.analyses.base import Judge, Predict, every_subset, given, together
from mmbench.fusion.blocks import Block


def subsets(predict: Predict, block: Block, judge: Judge) -> dict[str, float]:
    """Values by which modalities are there: ``""`` (none), ``"image"``, ``"text"``, ``"image+text"``, the names in the block's order.

    The masks of the others are False throughout, and their values 0, which is the mean of the training split. With none of them a model
    gives one answer for all rows.

    Args:
        predict: the model.
        block: the rows.
        judge: of the outputs of all rows.

    Returns:
        2^M values, smaller subsets first.
    """
    inputs, masks = given(block)
    nothing = [(np.zeros_like(values), np.zeros_like(mask)) for values, mask in zip(inputs, masks, strict=True)]
    found = {}
    for kept in every_subset(len(inputs)):
        chosen = [(inputs[i], masks[i]) if i in kept else nothing[i] for i in range(len(inputs))]
        outputs = predict([values for values, _ in chosen], [mask for _, mask in chosen])
        found[together(block.names[i] for i in kept)] = float(judge(outputs))
    return found
