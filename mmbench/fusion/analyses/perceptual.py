"""The perceptual score: how much a model loses when one modality comes from other rows."""

from collections.abc import Mapping

from mmbench.fusion.analyses.base import Judge, Predict, given, stream
from mmbench.fusion.blocks import Block

REPEATS = 5


def perceptual(
    predict: Predict, block: Block, judge: Judge, *, repeats: int = REPEATS, seed: int = 0
) -> dict[str, float]:
    """The value less the mean value with a modality permuted across the rows, with its masks.

    A permutation may leave rows where they are; all models get the same ones. 0 is a modality that the model does not use. The score is in
    the measure's own unit and direction: of an error it is below 0 where the modality helps.

    Args:
        predict: the model.
        block: the rows.
        judge: of the outputs of all rows.
        repeats: how many permutations of each modality.
        seed: of the permutations.

    Returns:
        A score per modality.

    Raises:
        ValueError: ``repeats`` below 1.

    Source: Gat, Schwartz and Schwing (2021), 2110.14375.
    """
    if repeats < 1:
        raise ValueError(f"a score needs one permutation or more, not {repeats}.")
    inputs, masks = given(block)
    value, found = float(judge(predict(inputs, masks))), {}
    for i, name in enumerate(block.names):
        total = 0.0
        for repeat in range(repeats):
            order = stream(seed, "perceptual", name, repeat).permutation(len(block))
            moved, hidden = list(inputs), list(masks)
            moved[i], hidden[i] = inputs[i][order], masks[i][order]
            total += float(judge(predict(moved, hidden)))
        found[name] = value - total / repeats
    return found


def normalised(scores: Mapping[str, float], value: float, majority: float) -> dict[str, float]:
    """Perceptual scores as parts of what the model is better than the majority class (or the mean).

    Args:
        scores: of ``perceptual``.
        value: the model's.
        majority: that of the best constant answer.

    Returns:
        1 where permuting the modality leaves no more than the majority's value; NaN where the model is worth the same as that.
    """
    distance = value - majority
    return {name: score / distance if distance else float("nan") for name, score in scores.items()}
