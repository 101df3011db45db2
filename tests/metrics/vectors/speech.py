"""Word and character errors beside jiwer 4: every count of every utterance, and the rates of the corpus."""

from collections.abc import Iterator

import numpy as np

from mmbench.metrics.functional import (
    character_error_counts,
    character_error_rate,
    word_error_counts,
    word_error_rate,
)
from tests.metrics.vectors import Row, compare, official, same


def rows() -> Iterator[Row]:
    """Counts exactly, rates to 1e-12."""
    data = official("asr/asr.json")
    preds, target, corpus = data["hyps"], data["refs"], data["corpus"]
    per_utterance = np.asarray(data["per"])
    for function, count, start in (
        ("word_error_counts", word_error_counts, 0),
        ("character_error_counts", character_error_counts, 4),
    ):
        counts = np.stack(list(count(preds, target).values()), axis=1)
        wanted = per_utterance[:, start : start + 4]
        yield same(function, "1000 utterances, 4 counts each (jiwer 4.0)", counts.ravel(), wanted.ravel())
        prefix = "c_" if start else ""
        totals = [corpus[f"{prefix}{name}"] for name in ("hits", "sub", "del" if start else "dele", "ins")]
        yield same(function, "corpus totals (jiwer 4.0)", counts.sum(axis=0), totals)
    yield compare("word_error_rate", "corpus (jiwer 4.0)", [word_error_rate(preds, target)], [corpus["wer"]], 1e-12)
    yield compare(
        "character_error_rate", "corpus (jiwer 4.0)", [character_error_rate(preds, target)], [corpus["cer"]], 1e-12
    )
    split = word_error_rate(preds, target, normalizer="whitespace")
    yield compare("word_error_rate", "whitespace (torchmetrics, float32)", [split], [data["torchmetrics"]["wer"]], 1e-7)
