"""The contract of sentiment intensity."""

import math

import numpy as np

from mmbench.metrics import SentimentRegression
from mmbench.metrics.functional import sentiment_metric
from tests.metrics.cases import Args, Case


def sample(rng: np.random.Generator, n: int) -> Args:
    labels = np.round(rng.uniform(-1, 1, n), 1)
    return labels + rng.normal(0, 0.5, n).round(1), labels


UNIT = Case(
    name="sentiment-unit",
    spec=sentiment_metric("unit"),
    build=lambda: SentimentRegression(convention="unit"),
    sample=sample,
    oracle=lambda args: (args[1], args[1]),
    constant=lambda args: (np.full(len(args[1]), 0.25), args[1]),
    constant_values={"corr": math.nan, "spearman": math.nan, "mae": (0.3, 0.8), "acc2_posneg": (0.2, 0.8)},
    bad=(
        (([0.1, 0.2], [0.1]), "same length"),
        (([0.1, float("nan")], [0.1, 0.2]), r"preds\[1\] is nan"),
        (([0.1], [1.5]), r"target\[0\] is 1.5, outside"),
        ((["high"], [0.1]), "preds must be a list of numbers"),
    ),
)
