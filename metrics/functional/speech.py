"""Speech recognition: word and character error rates with their hits, substitutions, deletions and insertions."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._edit_counts import COUNTS, Counts, edit_counts
from mmbench.metrics._speech_text import SPEECH_NORMALIZERS, normalized, words
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "SPEECH_NORMALIZERS",
    "character_error_counts",
    "character_error_rate",
    "character_error_rate_metric",
    "word_error_counts",
    "word_error_rate",
    "word_error_rate_metric",
]

VERSION = "1"


def word_error_rate(preds: Sequence[str | None], target: Sequence[str], *, normalizer: str = "none") -> float:
    """Word errors of a corpus per word of its references: ``(S + D + I) / N``, not the mean over utterances.

    Args:
        preds: ``n`` transcripts; ``None`` is a failed one and counts as empty: each of its words is a deletion.
        target: ``n`` reference transcripts.
        normalizer: a name in ``SPEECH_NORMALIZERS``, applied to both sides.

    Returns:
        A number from 0 up; it can be above 1. Words that are said to an empty reference are insertions. If no reference
        has a word, it is the number of insertions (jiwer 4); without samples it is NaN.

    Raises:
        ValueError: an unknown ``normalizer``, lists of different length, or something that is not text.

    The definition is jiwer 4's ``process_words``.
    """
    return _value(word_error_rate_metric(normalizer), preds, target)


def character_error_rate(preds: Sequence[str | None], target: Sequence[str], *, normalizer: str = "none") -> float:
    """Character errors of a corpus per character of its references; as ``word_error_rate`` in all else.

    Outer white space is taken off; inner spaces are characters (jiwer 4's ``process_characters``). A character is a
    Unicode code point.
    """
    return _value(character_error_rate_metric(normalizer), preds, target)


def word_error_counts(preds: Sequence[str | None], target: Sequence[str], *, normalizer: str = "none") -> Counts:
    """The alignment of each utterance in numbers of words.

    Args:
        preds: ``n`` transcripts; ``None`` is a failed one and counts as empty.
        target: ``n`` reference transcripts.
        normalizer: a name in ``SPEECH_NORMALIZERS``, applied to both sides.

    Returns:
        int64 arrays ``(n,)`` ``hits``, ``substitutions``, ``deletions`` and ``insertions``. Where several alignments are
        shortest, the split is jiwer 4's.

    Raises:
        ValueError: an unknown ``normalizer``, lists of different length, or something that is not text.
    """
    hypotheses, references = _texts(preds, target, normalizer)
    return edit_counts(words(references), words(hypotheses))


def character_error_counts(preds: Sequence[str | None], target: Sequence[str], *, normalizer: str = "none") -> Counts:
    """The alignment of each utterance in numbers of characters; as ``word_error_counts`` in all else."""
    hypotheses, references = _texts(preds, target, normalizer)
    return edit_counts(map(str.strip, references), map(str.strip, hypotheses))


def word_error_rate_metric(normalizer: str = "none") -> Metric:
    """``word_error_rate`` as a ``Metric``: ``per_sample(preds, target)`` gives the counts of ``word_error_counts``.

    Besides ``wer`` it reports ``n_empty``, the number of references without a word. ``None`` as a prediction is a failed
    sample: all of its words are deletions.
    """
    return _metric("word_error_rate", "wer", "WER", "word", normalizer)


def character_error_rate_metric(normalizer: str = "none") -> Metric:
    """``character_error_rate`` as a ``Metric``, with ``cer`` and ``n_empty``."""
    return _metric("character_error_rate", "cer", "CER", "character", normalizer)


def _metric(name: str, key: str, title: str, unit: str, normalizer: str) -> Metric:
    if normalizer not in SPEECH_NORMALIZERS:
        raise ValueError(f"normalizer must be one of {', '.join(SPEECH_NORMALIZERS)}, got {normalizer!r}.")
    source = f"jiwer 4.0: process_{unit}s"
    rate = (
        f"{unit} substitutions, deletions and insertions of the corpus per {unit} of the references, after the "
        f"normalisation {normalizer!r}; the number of insertions if the references have none"
    )
    return Metric(
        name=name,
        version=VERSION,
        keys={
            key: Key(title, False, rate, source, upper=None, error="an empty transcript", undefined="no samples"),
            "n_empty": Key("empty references", False, f"references without a {unit}", source, upper=None, count=True),
        },
        per_sample=partial(_per_sample, unit=unit, normalizer=normalizer),
        sums=_sums,
        from_sums=partial(_from_sums, key=key),
        params={"normalizer": normalizer},
        totals={**dict.fromkeys(COUNTS, int), "n_empty": int, "n": int},
    )


def _value(metric: Metric, preds: Sequence[str | None], target: Sequence[str]) -> float:
    return metric.aggregate(metric.per_sample(preds, target))[next(iter(metric.keys))]


def _per_sample(preds: Sequence[str | None], target: Sequence[str], *, unit: str, normalizer: str) -> dict[str, Array]:
    count = word_error_counts if unit == "word" else character_error_counts
    return {name: x.astype(np.float64) for name, x in count(preds, target, normalizer=normalizer).items()}


def _sums(arrays: Arrays) -> dict[str, Array]:
    length = arrays["hits"] + arrays["substitutions"] + arrays["deletions"]
    return {
        **{name: arrays[name] for name in COUNTS},
        "n_empty": (length == 0).astype(np.float64),
        "n": np.ones_like(length),
    }


def _from_sums(sums: Arrays, *, key: str) -> dict[str, Array]:
    wrong = sums["substitutions"] + sums["deletions"]
    length = np.maximum(wrong + sums["hits"], 1)  # without reference words only insertions are left above
    rate = (wrong + sums["insertions"]) / np.where(sums["n"] > 0, length, np.nan)
    return {key: rate, "n_empty": sums["n_empty"]}


def _texts(preds: Any, target: Any, normalizer: str) -> tuple[Sequence[str], Sequence[str]]:
    """Hypotheses and references after the normalisation, or a ``ValueError``."""
    if normalizer not in SPEECH_NORMALIZERS:
        raise ValueError(f"normalizer must be one of {', '.join(SPEECH_NORMALIZERS)}, got {normalizer!r}.")
    if isinstance(preds, str) or isinstance(target, str) or len(preds) != len(target):
        raise ValueError("preds and target must be two lists of the same length.")
    hypotheses = ["" if pred is None else pred for pred in preds]
    for name, texts in (("preds", hypotheses), ("target", list(target))):
        if set(map(type, texts)) - {str}:
            bad = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
            if bad is not None:
                raise ValueError(f"{name}[{bad}] must be text, got {texts[bad]!r}.")
    return normalized(hypotheses, normalizer), normalized(target, normalizer)
