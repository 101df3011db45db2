"""The contract of the geometry of embeddings."""

import math

import numpy as np

from mmbench.metrics import Alignment, ModalityGap, Uniformity
from mmbench.metrics.functional import alignment_metric, modality_gap_metric, uniformity_metric
from tests.metrics.cases import Args, Case


def pairs(rng: np.random.Generator, n: int) -> Args:
    x = rng.normal(size=(n, 3))
    return x, x + rng.normal(size=(n, 3)) + 0.5


def points(rng: np.random.Generator, n: int) -> Args:
    return (rng.normal(size=(n, 3)),)


BAD = (
    ((np.ones((2, 3)), np.ones((1, 3))), r"pairs of rows of the same width, got shapes \(2, 3\) and \(1, 3\)"),
    ((np.ones((1, 3)), np.zeros((1, 3))), r"y\[0\] has length 0"),
    ((np.full((1, 3), np.nan), np.ones((1, 3))), r"x\[0, 0\] is nan"),
)
CASES = (
    Case(
        name="modality_gap",
        spec=modality_gap_metric(3),
        build=lambda: ModalityGap(3),
        sample=pairs,
        oracle=lambda args: (args[0], args[0]),
        constant=lambda args: (np.ones_like(args[0]), -np.ones_like(args[1])),
        constant_values={"modality_gap": 2},
        bad=(*BAD, ((np.ones((1, 2)), np.ones((1, 2))), "x must have 3 columns, got 2")),
    ),
    Case(
        name="alignment",
        spec=alignment_metric(),
        build=Alignment,
        sample=pairs,
        oracle=lambda args: (args[0], args[0]),
        constant=lambda args: (np.ones_like(args[0]), -np.ones_like(args[1])),
        constant_values={"alignment": 4},
        bad=BAD,
    ),
    Case(
        name="uniformity",
        spec=uniformity_metric(3),
        build=lambda: Uniformity(3),
        sample=points,
        oracle=lambda args: (np.tile([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]], (len(args[0]) // 2, 1)),),
        constant=lambda args: (np.ones_like(args[0]),),
        constant_values={"uniformity": 0},
        oracle_values={"uniformity": math.log((29 + 30 * math.exp(-8)) / 59)},  # two points, as far apart as can be
        bad=(((np.ones((1, 2)),), "x must have 3 columns, got 2"), ((np.zeros((1, 3)),), r"x\[0\] has length 0")),
    ),
)
