"""Steps of features: which of them can be used, and long rows averaged down to a number of steps that attention can afford."""

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Floats, Mask


def pooled(values: NDArray[np.floating], most: int) -> tuple[Floats, Mask, int]:
    """A row's steps, at most so many.

    A step that holds a number that is not finite is there for nobody: it is hidden by the mask, and adds nothing to a mean. More than
    ``most`` steps are cut into ``most`` groups of neighbours whose sizes differ by one at most; a group is the mean of its usable steps.

    Args:
        values: floats ``(T, D)``, T >= 0.
        most: steps that are kept, at least 1.

    Returns:
        float32 ``(t, D)`` with t <= most and zeros where the mask hides; bool ``(t,)``; how many of the T steps are not finite.
    """
    finite: Mask = np.isfinite(values).all(axis=1)
    bad = len(values) - int(finite.sum())
    kept = np.where(finite[:, None], values, 0)
    if len(values) <= most:
        return kept.astype(np.float32), finite, bad
    edges = np.arange(most) * len(values) // most
    counts = np.add.reduceat(finite.astype(np.int64), edges)
    sums = np.add.reduceat(kept.astype(np.float64), edges, axis=0)
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32), counts > 0, bad
