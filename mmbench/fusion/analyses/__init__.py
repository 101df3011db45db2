"""What is said about a trained fusion model beyond its value: each analysis is a function of the model's outputs alone."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.analyses.base import Judge, Outputs, Predict, Rows, settled
from mmbench.fusion.analyses.emap import ROWS, Emap, emap
from mmbench.fusion.analyses.missing import subsets
from mmbench.fusion.analyses.noise import LEVELS, curves
from mmbench.fusion.analyses.perceptual import perceptual
from mmbench.fusion.analyses.robustness import Robustness, robustness
from mmbench.fusion.analyses.shape import Shape, shape
from mmbench.fusion.blocks import Block

__all__ = [
    "LEVELS",
    "Emap",
    "Judge",
    "Outputs",
    "Predict",
    "Robustness",
    "Rows",
    "Shape",
    "analyse",
    "curves",
    "emap",
    "perceptual",
    "robustness",
    "shape",
    "subsets",
]


def analyse(
    predict: Predict,
    block: Block,
    judge: Judge,
    *,
    deviations: Mapping[str, NDArray[np.floating]],
    chance: float,
    seed: int = 0,
    rows: int = ROWS,
) -> dict[str, Any]:
    """Every analysis of one trained model on the rows of a test split, as JSON.

    Args:
        predict: the model.
        block: the rows.
        judge: of outputs, of all rows or of those named.
        deviations: by modality ``(d_m,)``: of each feature on the training split; the unit of the noise.
        chance: the measure's value of a model that knows nothing; what is undefined because all outputs are equal counts as that.
        seed: of noise, permutations and samples; the same one for all models of a comparison.
        rows: in EMAP's sample.

    SHAPE starts from ``chance``, as in the paper, and not from what the model says when nothing is there, which training never asked for.

    Returns:
        ``noise`` (``levels``; ``curves`` by modality and ``joint``), ``subsets`` by ``image+text``, ``shape`` (``contributions``,
        ``cooperation``, ``empty``, and ``pairs`` of three or more modalities), ``perceptual`` by modality, ``emap`` (``value``,
        ``projected``, ``gap``, ``n``, ``draws``). A value that is undefined even so (outputs that are no numbers) is ``None``. All is in
        the measure's own unit and direction.
    """
    measured = settled(judge, chance)
    noise = curves(predict, block, measured, deviations, LEVELS, seed)
    values = subsets(predict, block, measured)
    shares = shape({**values, "": chance}, block.names)
    gap = emap(predict, block, measured, rows=rows, seed=seed)
    found = {
        "noise": {"levels": list(LEVELS), "curves": noise},
        "subsets": values,
        "shape": {
            "contributions": dict(shares.contributions),
            "cooperation": shares.cooperation,
            "empty": shares.empty,
            "pairs": dict(shares.pairs),
        },
        "perceptual": perceptual(predict, block, measured, seed=seed),
        "emap": {
            "value": gap.value,
            "projected": gap.projected,
            "gap": gap.gap,
            "n": gap.n,
            "draws": gap.draws,
        },
    }
    return {name: _plain(part) for name, part in found.items()}


def _plain(value: Any) -> Any:
    """JSON knows no NaN: what is undefined is ``None``."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
