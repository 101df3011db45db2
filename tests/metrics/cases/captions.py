"""The contract of the caption scores."""

import numpy as np

from mmbench.metrics import CaptionScores
from mmbench.metrics.functional import caption_scores_metric
from tests.metrics.cases import Args, Case

WORDS = ["A", "man", "dog's", "two", "red", "(big)", "runs", "on", "the", "grass,", "naïve", "日本"]


def sample(rng: np.random.Generator, n: int) -> Args:
    """One to four references of four words or more; a caption shares words with one, is empty, or failed."""
    target = [
        [
            " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), rng.integers(4, 11)))
            for _ in range(rng.integers(1, 5))
        ]
        for _ in range(n)
    ]
    preds: list[str | None] = [
        " ".join(word for word in texts[0].split() if rng.random() > 0.2) + " and more" for texts in target
    ]
    preds[1], preds[2] = None, ""
    return preds, target


CASES = tuple(
    Case(
        name=f"caption_scores-{tokenizer}",
        spec=caption_scores_metric(tokenizer),
        build=lambda tokenizer=tokenizer: CaptionScores(tokenizer),  # type: ignore[misc]
        sample=sample,
        oracle=lambda args: ([texts[0] for texts in args[1]], [texts[0] for texts in args[1]]),
        constant=lambda args: (["nothing of this at all"] * len(args[1]), args[1]),
        constant_values=dict.fromkeys(caption_scores_metric(tokenizer).keys, 0.0),
        bad=(
            ((["a"], ["a", "b"]), "same length"),
            (([1], ["a"]), r"preds\[0\] must be text, got 1"),
            ((["a", "b"], ["a", []]), r"target\[1\] must be one or more reference captions, got \[\]"),
            ((["a"], [["a", None]]), r"target\[0\] must be one or more reference captions"),
        ),
    )
    for tokenizer in ("ptb", "split")
)
