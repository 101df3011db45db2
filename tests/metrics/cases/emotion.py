"""The contract of emotion classes and of emotions that are present or not."""

import numpy as np

from mmbench.metrics import EmotionClassification, EmotionPresence
from mmbench.metrics.functional import EMOTION_CLASSES, emotion_classification_metric, emotion_presence_metric
from tests.metrics.cases import Args, Case

MELD = EMOTION_CLASSES["meld"]


def sample(rng: np.random.Generator, n: int) -> Args:
    """Half of the answers are right; some are no class, some are none at all."""
    target = rng.integers(0, 6, n)  # nobody is angry
    answers = [*MELD, "  JOY ", "angry?", None]
    preds = [MELD[t] if rng.random() < 0.5 else answers[rng.integers(0, len(answers))] for t in target]
    return preds, [MELD[t] for t in target]


def guess(rng: np.random.Generator, n: int) -> Args:
    return rng.integers(0, 7, n), rng.integers(0, 6, n)


def presence(rng: np.random.Generator, n: int) -> Args:
    target = np.maximum(rng.normal(size=(n, 4)), 0)
    return target - 0.5 + rng.normal(size=(n, 4)).round(1), target


BAD = (
    ((["joy"], ["joy", "fear"]), "the same length, got 1 and 2"),
    ((["joy"], ["calm"]), r"target\[0\] is 'calm', which is none of the classes neutral"),
    (([1, 1], [0, 7]), r"target\[1\] is 7, which is none of"),
)
CASES = (
    Case(
        name="emotion_classification-meld",
        spec=emotion_classification_metric("meld"),
        build=lambda: EmotionClassification("meld"),
        sample=sample,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: (["anger"] * len(args[1]), args[1]),
        constant_values={"accuracy": 0, "balanced_accuracy": 0, "f1w": 0, "f1_macro": 0, "n_unparsed": 0},
        oracle_values={"n_unparsed": 0},
        random=guess,
        bad=BAD,
    ),
    Case(
        name="emotion_classification-without",
        spec=emotion_classification_metric(MELD, "neutral"),
        build=lambda: EmotionClassification(MELD, without="neutral"),
        sample=sample,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: ([None] * len(args[1]), args[1]),
        constant_values={"accuracy": 0, "f1w_without": 0, "f1_micro_without": 0, "n_unparsed": 60},
        random=guess,
        bad=BAD,
    ),
    Case(
        name="emotion_presence-iemocap4",
        spec=emotion_presence_metric("iemocap4"),
        build=lambda: EmotionPresence("iemocap4"),
        sample=presence,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: (np.ones_like(args[1]), args[1]),
        constant_values={"weighted_accuracy": 0.5, "sad/weighted_accuracy": 0.5, "accuracy": (0.3, 0.7)},
        random=lambda rng, n: (rng.normal(size=(n, 4)), rng.normal(size=(n, 4))),
        bad=(
            ((np.ones((2, 3)), np.ones((2, 3))), r"must be \(n, 4\), got \(2, 3\)"),
            ((np.full((1, 4), np.nan), np.ones((1, 4))), r"preds\[0, 0\] is nan"),
            (([["a"] * 4], np.ones((1, 4))), "preds must be a table of numbers"),
        ),
    ),
)
