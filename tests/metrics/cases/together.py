"""The contract of answers that count together, by type or in rotations, of MME and of MathVista's free answers."""

import numpy as np

from mmbench.metrics import CircularAccuracy, GroupedAccuracy, MathAccuracy, MmeScores
from mmbench.metrics.functional import (
    MME_SUBTASKS,
    all_right,
    circular_accuracy_metric,
    grouped_accuracy_metric,
    math_accuracy_metric,
    mme_scores_metric,
)
from tests.metrics.cases import Args, Case

SUBTASKS = [name for names in MME_SUBTASKS.values() for name in names]
TYPES = ("chart", "table")
ANSWERS = [("3", "integer", None), ("2.25", "float", 2.0), ("[1, 2]", "list", None), ("145°", "text", None)]


def _correct(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.asarray(rng.choice([1.0, 0.0, np.nan], n, p=[0.6, 0.3, 0.1]))


def grouped(rng: np.random.Generator, n: int) -> Args:
    correct = _correct(rng, n)
    figures, questions = (all_right(correct, rng.integers(0, n // 3 + 1, n).tolist()) for _ in range(2))
    return correct, np.stack([figures, questions], axis=1), [TYPES[i] for i in rng.integers(0, 2, n)]


def circular(rng: np.random.Generator, n: int) -> Args:
    return ([_correct(rng, int(size)) for size in rng.integers(2, 5, n)],)


def mme(rng: np.random.Generator, n: int) -> Args:
    correct = _correct(rng, n)
    return correct, all_right(correct, [i // 2 for i in range(n)]), [SUBTASKS[i // 2 % 14] for i in range(n)]


def free(rng: np.random.Generator, n: int) -> Args:
    chosen = [ANSWERS[i % 4] for i in range(n)]
    preds = [
        None if draw < 0.1 else "no" if draw < 0.4 else answer
        for draw, (answer, _, _) in zip(rng.random(n), chosen, strict=True)
    ]
    return preds, [one[0] for one in chosen], [one[1] for one in chosen], [one[2] for one in chosen]


def _all(value: float, args: Args) -> Args:
    correct, together, types = args
    return np.full(len(correct), value), np.where(np.isnan(together), np.nan, value), types


CASES = (
    Case(
        name="grouped_accuracy",
        spec=grouped_accuracy_metric(("figure", "question"), TYPES),
        build=lambda: GroupedAccuracy(("figure", "question"), TYPES),
        sample=grouped,
        oracle=lambda args: _all(1.0, args),
        constant=lambda args: _all(0.0, args),
        constant_values={"accuracy": 0, "figure": 0, "question": 0, "accuracy/chart": 0, "unparsed": 0},
        oracle_values={"unparsed": 0},
        bad=(
            (([0.5], [[1.0, 1.0]], ["chart"]), "correct must be a list of 1, 0 and NaN"),
            (([1.0], [[1.0]], ["chart"]), r"together must be \(1, 2\)"),
            (([1.0], [[1.0, 1.0]]), "types must be one of chart, table per answer"),
        ),
    ),
    Case(
        name="circular_accuracy",
        spec=circular_accuracy_metric("lenient"),
        build=lambda: CircularAccuracy("lenient"),
        sample=circular,
        oracle=lambda args: ([np.ones(len(row)) for row in args[0]],),
        constant=lambda args: ([np.eye(len(row))[0] for row in args[0]],),  # always "A", which is right once
        constant_values={"circular": 0, "accuracy": 1, "unparsed": 0},
        oracle_values={"unparsed": 0},
        bad=((([[]],), "at least one rotation"), (([[2.0]],), "1, 0 and NaN")),
    ),
    Case(
        name="mme_scores",
        spec=mme_scores_metric("exact"),
        build=lambda: MmeScores("exact"),
        sample=mme,
        oracle=lambda args: _all(1.0, args),
        constant=lambda args: (
            1.0 - np.arange(len(args[0])) % 2,
            np.where(np.isnan(args[1]), np.nan, 0.0),
            args[2],
        ),  # always yes
        constant_values={"accuracy": 0.5, "accuracy_plus": 0, "perception": 500, "cognition": 200},
        oracle_values={"unparsed": 0},
        bad=(
            (([1.0], [1.0], ["art"]), "'art' is no subtask of MME"),
            (([1.0], [1.0, 1.0], ["count"]), "the same length"),
        ),
    ),
    Case(
        name="math_accuracy",
        spec=math_accuracy_metric(),
        build=lambda: MathAccuracy(),
        sample=free,
        oracle=lambda args: (args[1], *args[1:]),
        constant=lambda args: (["3.4"] * len(args[1]), *args[1:]),
        constant_values={"accuracy": 0.25, "unparsed": 15},  # a list is no number
        oracle_values={"unparsed": 0},
        bad=(
            ((["1"], ["1"], ["whole"], [None]), "answer_type must be one of integer"),
            ((["1"], ["1"], ["integer"], []), "the same length"),
        ),
    ),
)
