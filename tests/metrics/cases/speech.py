"""The contracts of word and character error rate."""

import numpy as np

from mmbench.metrics import CharacterErrorRate, WordErrorRate
from mmbench.metrics.functional import character_error_rate_metric, word_error_rate_metric
from tests.metrics.cases import Args, Case

WORDS = ["the", "cat", "Sat", "on,", "a", "mat\t", "  two", "naïve", "[uh]"]


def sample(rng: np.random.Generator, n: int) -> Args:
    """Transcripts with words lost, added and changed; the first reference is empty, the third prediction failed."""
    preds: list[str | None] = []
    target = []
    for i in range(n):
        said = [WORDS[j] for j in rng.integers(0, len(WORDS), rng.integers(0 if i else 1, 9))]
        heard = [w if rng.random() > 0.3 else WORDS[rng.integers(len(WORDS))] for w in said if rng.random() > 0.1]
        target.append(" ".join(said) if i else "")
        preds.append(" ".join(heard) if i != 2 else None)
    return preds, target


BAD = (
    ((["a"], ["a", "b"]), "same length"),
    (("a", ["a"]), "two lists"),
    (([1], ["a"]), r"preds\[0\] must be text, got 1"),
    ((["a", "b"], ["a", None]), r"target\[1\] must be text, got None"),
)

CASES = tuple(
    Case(
        name=f"{spec.name}-{normalizer}",
        spec=spec,
        build=lambda build=build, normalizer=normalizer: build(normalizer),  # type: ignore[misc]
        sample=sample,
        oracle=lambda args: (args[1], args[1]),
        constant=lambda args: ([None] * len(args[1]), args[1]),
        constant_values={key: 1.0},  # all that was said is deleted
        bad=BAD,
    )
    for normalizer in ("none", "basic")
    for spec, build, key in (
        (word_error_rate_metric(normalizer), WordErrorRate, "wer"),
        (character_error_rate_metric(normalizer), CharacterErrorRate, "cer"),
    )
)
