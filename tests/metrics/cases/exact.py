"""The contract of exact match."""

import numpy as np

from mmbench.metrics import ExactMatch
from mmbench.metrics.functional import exact_match_metric
from tests.metrics.cases import Args, Case

ANSWERS = ["Yes", "no", "two dogs", "a Cat.", " red "]


def sample(rng: np.random.Generator, n: int) -> Args:
    preds = [None if i == 0 else ANSWERS[i - 1] for i in rng.integers(0, 6, n)]
    return preds, [[ANSWERS[i], ANSWERS[j]] for i, j in rng.integers(0, 5, (n, 2))]


CASES = tuple(
    Case(
        name=f"exact_match-{normalize}",
        spec=exact_match_metric(normalize),
        build=lambda normalize=normalize: ExactMatch(normalize),  # type: ignore[misc]
        sample=sample,
        oracle=lambda args: ([accepted[0] for accepted in args[1]], args[1]),
        constant=lambda args: (["nothing of this"] * len(args[1]), args[1]),
        constant_values={"accuracy": 0.0},
        bad=(
            ((["a"], ["a", "b"]), "preds has 1 .* target has 2|same length"),
            (([1], ["a"]), "sample 0: predictions and answers must be text"),
        ),
    )
    for normalize in ("none", "lower_strip", "squad")
)
