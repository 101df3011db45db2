"""The contract of zero-shot classification, tagging and compositional preferences."""

from functools import partial

import numpy as np

from mmbench.metrics import CaptionChoice, PairwisePreference, TaggingScores, WinogroundScores, ZeroShotClassification
from mmbench.metrics.functional import (
    caption_choice_metric,
    pairwise_preference_metric,
    tagging_scores_metric,
    winoground_scores_metric,
    zero_shot_classification_metric,
)
from tests.metrics.cases import Args, Case

WORST = {"expected": 1 / 6, "optimistic": 1.0, "pessimistic": 0.0}


def logits(rng: np.random.Generator, n: int) -> Args:
    """Six classes, often tied; nobody is in the last."""
    target = rng.integers(0, 5, n)
    table = rng.integers(0, 5, (n, 6)).astype(np.float32)
    table[np.arange(n), target] += 1
    return table, target


def untied(rng: np.random.Generator, n: int) -> Args:
    return rng.normal(size=(n, 6)), rng.integers(0, 5, n)


def tags(rng: np.random.Generator, n: int) -> Args:
    """Four labels with scores that tie; the last occurs nowhere."""
    target = (rng.random((n, 4)) < [0.5, 0.3, 0.2, 0.0]).astype(np.int64)
    return (target + rng.normal(size=(n, 4))).round(0), target


def pairs(rng: np.random.Generator, n: int) -> Args:
    return (rng.integers(0, 3, (n, 2, 2)) + np.eye(2),)


def preferences(rng: np.random.Generator, n: int) -> Args:
    return rng.integers(1, 4, n).astype(np.float64), rng.integers(0, 3, n).astype(np.float64)


def captions(rng: np.random.Generator, n: int) -> Args:
    """Five captions, often tied, the right one anywhere."""
    return rng.integers(0, 3, (n, 5)).astype(np.float64), rng.integers(0, 5, n)


def grouped(rng: np.random.Generator, n: int) -> Args:
    return *captions(rng, n), rng.integers(0, 4, n)


CASES = (
    *(
        Case(
            name=f"caption_choice-{groups}",
            spec=caption_choice_metric(groups),
            build=partial(CaptionChoice, groups),
            sample=grouped if groups else captions,
            oracle=lambda args: (np.eye(5)[args[1]], *args[1:]),
            constant=lambda args: (np.zeros_like(args[0]), *args[1:]),
            constant_values={"accuracy": 0.2} | ({"group_accuracy": 0.2} if groups else {}),
            bad=(
                ((np.ones(3), [0, 0, 0], *extra), r"scores must be numbers \(n, m\)"),
                ((np.ones((1, 2)), [2], *extra), r"target must lie in \[0, 2\)"),
                ((np.ones((2, 2)), [0], *extra), "target must be 2 column numbers"),
                ((np.full((1, 2), np.nan), [0], *extra), "scores must be finite"),
                ((np.array([[-np.inf, 0.0]]), [0], *extra), "there is none"),
            ),
        )
        for groups, extra in ((False, ()), (True, ([0],)))
    ),
    Case(
        name="zero_shot_classification-plain",
        spec=zero_shot_classification_metric(6, balanced=False),
        build=partial(ZeroShotClassification, 6, balanced=False),
        sample=logits,
        oracle=lambda args: (np.eye(6)[np.asarray(args[1])], args[1]),
        constant=lambda args: (np.zeros_like(args[0]), args[1]),
        constant_values={"acc@1": 1 / 6, "acc@5": 5 / 6},
        oracle_values={"n_tied": 0},
        random=untied,
        bad=(((np.ones((1, 5)), [0]), "logits must have 6 columns"),),
    ),
    *(
        Case(
            name=f"zero_shot_classification-{ties}",
            spec=zero_shot_classification_metric(6, ties=ties),
            build=partial(ZeroShotClassification, 6, ties=ties),
            sample=logits,
            oracle=lambda args: (np.eye(6)[np.asarray(args[1])], args[1]),
            constant=lambda args: (np.zeros_like(args[0]), args[1]),
            constant_values={"acc@1": worst, "balanced_accuracy": worst, "n_tied": 60},
            oracle_values={"n_tied": 0},
            random=untied,
            bad=(
                ((np.ones((2, 6)), [0]), "target must be 2 class numbers"),
                ((np.ones((1, 5)), [0]), "logits must have 6 columns"),
                ((np.ones((2, 6)), [0, 6]), r"target\[1\] is 6, which is no class"),
                ((np.full((1, 6), np.inf), [0]), r"logits\[0, 0\] is inf"),
                ((np.ones((1, 6)), [0.5]), "target must be 1 class numbers"),
            ),
        )
        for ties, worst in WORST.items()
    ),
    Case(
        name="tagging_scores",
        spec=tagging_scores_metric(4),
        build=partial(TaggingScores, 4),
        sample=tags,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: (np.zeros_like(args[0]), args[1]),
        constant_values={"auroc": 0.5, "d_prime": 0, "map": (0.2, 0.5), "n_absent": 1},
        oracle_values={"d_prime": np.inf, "n_absent": 1},
        random=lambda rng, n: (rng.normal(size=(n, 4)), rng.integers(0, 2, (n, 4))),
        bad=(
            ((np.ones((1, 3)), np.ones((1, 3))), "scores must have 4 columns"),
            ((np.ones((1, 4)), np.full((1, 4), 2)), "target must be 0 and 1"),
            ((np.ones((2, 4)), np.ones((1, 4))), r"target must be 0 and 1 of shape \(2, 4\)"),
            ((np.full((1, 4), np.nan), np.ones((1, 4))), r"scores\[0, 0\] is nan"),
        ),
    ),
    Case(
        name="winoground_scores",
        spec=winoground_scores_metric(),
        build=WinogroundScores,
        sample=pairs,
        oracle=lambda args: (np.tile(np.eye(2), (len(args[0]), 1, 1)),),
        constant=lambda args: (np.ones_like(args[0]),),
        constant_values={"text": 0, "image": 0, "group": 0},
        random=lambda rng, n: (rng.normal(size=(n, 2, 2)),),
        bad=(
            ((np.ones((3, 2)),), r"scores must be numbers \(n, 2, 2\)"),
            ((np.full((1, 2, 2), np.nan),), r"scores\[0, 0, 0\] is nan"),
        ),
    ),
    *(
        Case(
            name=f"pairwise_preference-{ties}",
            spec=pairwise_preference_metric(ties),
            build=partial(PairwisePreference, ties),
            sample=preferences,
            oracle=lambda args: (args[0] + 9, args[1]),
            constant=lambda args: (np.ones_like(args[0]), np.ones_like(args[1])),
            constant_values={"accuracy": worth},
            random=lambda rng, n: (rng.normal(size=n), rng.normal(size=n)),
            bad=(
                (([1.0], [1.0, 2.0]), "the same length, got 1 and 2"),
                (([np.inf], [1.0]), r"positive\[0\] is inf"),
                ((["a"], [1.0]), "positive must be a list of numbers"),
            ),
        )
        for ties, worth in (("strict", 0.0), ("half", 0.5))
    ),
)
