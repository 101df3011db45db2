"""The contract of sentiment intensity in every convention."""

import math
from functools import partial

import numpy as np

from mmbench.metrics import SentimentRegression
from mmbench.metrics._sentiment_conventions import CONVENTIONS, Convention
from mmbench.metrics.functional import sentiment_metric
from tests.metrics.cases import Args, Bounds, Case


def sample(rng: np.random.Generator, n: int, *, end: float) -> Args:
    labels = end * np.round(rng.uniform(-1, 1, n), 1)
    return labels + end * rng.normal(0, 0.5, n).round(1), labels


def unit_sample(rng: np.random.Generator, n: int) -> Args:
    return sample(rng, n, end=1)


def wide_sample(rng: np.random.Generator, n: int) -> Args:
    return sample(rng, n, end=3)


def guess(rng: np.random.Generator, n: int, *, end: float) -> Args:
    return rng.uniform(-end, end, n), rng.uniform(-end, end, n)


def constant(rule: Convention) -> Bounds:
    found: dict[str, float | tuple[float, float]] = {"corr": math.nan, "mae": (0.3, 2.4)}
    return found | ({"spearman": math.nan} if rule.spearman else {})


CASES = tuple(
    Case(
        name=f"sentiment-{name}",
        spec=sentiment_metric(name),
        build=partial(SentimentRegression, convention=name),
        sample=unit_sample if rule.high == 1 else wide_sample,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: (np.full(len(args[1]), 0.25), args[1]),
        constant_values=constant(rule),
        random=partial(guess, end=rule.high),
        bad=(
            (([0.1, 0.2], [0.1]), "same length"),
            (([0.1, float("nan")], [0.1, 0.2]), r"preds\[1\] is nan"),
            (([0.1], [3.5]), r"target\[0\] is 3.5, outside"),
            ((["high"], [0.1]), "preds must be a list of numbers"),
        ),
    )
    for name, rule in CONVENTIONS.items()
)
