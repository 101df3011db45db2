"""How a model's value falls as Gaussian noise is added to its inputs, in units of each feature's standard deviation."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.analyses.base import Judge, Predict, given, stream
from mmbench.fusion.blocks import Block, Floats, Mask

LEVELS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
JOINT = "joint"


def curves(
    predict: Predict,
    block: Block,
    judge: Judge,
    deviations: Mapping[str, NDArray[np.floating]],
    levels: Sequence[float] = LEVELS,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Values at every level of noise: on one modality at a time, and on all of them (``joint``).

    The noise depends on seed, modality and shape alone, so that all models see the same; a higher level is the same draw, larger. At
    level 0 the inputs are the block's own. What a mask hides stays hidden.

    Args:
        predict: the model.
        block: the rows.
        judge: of the outputs of all rows.
        deviations: by modality ``(d_m,)``, >= 0: of each feature, measured on the training split; a constant feature gets no noise.
        levels: standard deviations of the noise, in those of the feature; >= 0.
        seed: of the noise.

    Returns:
        By modality, and under ``joint``, a value per level.

    Raises:
        ValueError: a level below 0, or deviations that do not fit a modality.
    """
    if any(not level >= 0 for level in levels):
        raise ValueError(f"levels of noise are numbers of standard deviations, 0 or more, not {list(levels)}.")
    inputs, masks = given(block)
    scales = [_scale(deviations, name, values) for name, values in zip(block.names, inputs, strict=True)]

    def at(level: float, moved: Sequence[int]) -> float:
        changed = list(inputs)
        for i in moved:
            changed[i] = noised(inputs[i], masks[i], scales[i] * np.float32(level), seed, block.names[i])
        return float(judge(predict(changed, masks)))

    clean = at(0, ()) if 0 in levels else float("nan")
    everything = tuple(range(len(inputs)))
    moved = {name: (i,) for i, name in enumerate(block.names)} | {JOINT: everything}
    return {name: [at(level, which) if level else clean for level in levels] for name, which in moved.items()}


def noised(values: Floats, mask: Mask, scale: Floats, seed: int, name: str) -> Floats:
    """Values with noise where the mask shows them.

    Args:
        values: ``(n, d)`` or ``(n, T, d)``.
        mask: ``(n,)`` or ``(n, T)``.
        scale: ``(d,)``, the standard deviation of the noise on each feature.
        seed: of the noise.
        name: of the modality.
    """
    noise = stream(seed, "noise", name).standard_normal(values.shape, dtype=np.float32)
    noise *= scale
    noise += values
    noise[~mask] = values[~mask]
    return noise


def _scale(deviations: Mapping[str, NDArray[np.floating]], name: str, values: Floats) -> Floats:
    scale = np.asarray(deviations[name], dtype=np.float32) if name in deviations else np.empty(0, dtype=np.float32)
    if scale.shape != values.shape[-1:] or not np.isfinite(scale).all() or (scale < 0).any():
        raise ValueError(
            f"deviations of {name!r} must be {values.shape[-1]} finite numbers, 0 or more: one per feature."
        )
    return scale
