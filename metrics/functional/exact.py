"""Exact match: whether an answer equals an accepted one after a named normalisation."""

import re
import string
from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np

from mmbench.metrics._means import mean_metric
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["NORMALIZERS", "exact_match", "exact_match_metric"]

VERSION = "1"
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def _none(text: str) -> str:
    return text


def _lower_strip(text: str) -> str:
    return text.strip().lower()


def _lower_no_punctuation(text: str) -> str:
    return text.lower().translate(_NO_PUNCTUATION).strip()


def _squad(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


NORMALIZERS: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "none": _none,
        "lower_strip": _lower_strip,
        "lower_no_punctuation": _lower_no_punctuation,
        "squad": _squad,
    }
)
"""The named normalisations, applied to both sides.

- ``none``: the strings as they are.
- ``lower_strip``: outer white space off, lower case; what VLMEvalKit does for GQA (a trailing full stop makes an answer
  wrong).
- ``lower_no_punctuation``: lower case, ASCII punctuation off, outer white space off; lmms-eval's ``exact_match`` with
  ``ignore_case`` and ``ignore_punctuation`` (which leaves the white space).
- ``squad``: also without the articles a, an, the, and with single spaces (``normalize_answer`` of SQuAD v1.1).
"""


def exact_match(
    preds: Sequence[str | None], target: Sequence[str | Sequence[str]], *, normalize: str = "lower_strip"
) -> Array:
    """1 where a prediction equals one of the accepted answers, else 0.

    Args:
        preds: ``n`` answers; ``None`` is a failed sample.
        target: ``n`` answers, or ``n`` lists of accepted answers.
        normalize: a name in ``NORMALIZERS``, applied to both sides.

    Returns:
        ``(n,)`` float64 of 0 and 1. A prediction that is ``None`` or normalises to nothing is 0, even against an answer
        that normalises to nothing too.

    Raises:
        ValueError: an unknown ``normalize``, lists of different length, or something that is not text.
    """
    clean = _normalizer(normalize)
    if isinstance(preds, str) or isinstance(target, str) or len(preds) != len(target):
        raise ValueError("preds and target must be two lists of the same length.")
    scores = [_matches(pred, accepted, clean, i) for i, (pred, accepted) in enumerate(zip(preds, target, strict=True))]
    return np.asarray(scores, dtype=np.float64)


def exact_match_metric(normalize: str = "lower_strip") -> Metric:
    """Exact match as a ``Metric``: ``per_sample(preds, target)`` gives ``accuracy``, 1 or 0.

    The error value of a failed sample is 0: give ``None`` as its prediction.
    """
    _normalizer(normalize)
    definition = f"share of answers that equal an accepted one after the normalisation {normalize!r}"
    key = Key(
        "accuracy", True, definition, "VLMEvalKit (GQA), lmms-eval and SQuAD v1.1 by normalisation", error="wrong"
    )
    per_sample = partial(_per_sample, normalize=normalize)
    return mean_metric(
        "exact_match", VERSION, {"accuracy": key}, per_sample, params={"normalize": normalize}, total=int
    )


def _per_sample(
    preds: Sequence[str | None], target: Sequence[str | Sequence[str]], *, normalize: str
) -> dict[str, Array]:
    return {"accuracy": exact_match(preds, target, normalize=normalize)}


def _normalizer(name: str) -> Callable[[str], str]:
    if name not in NORMALIZERS:
        raise ValueError(f"normalize must be one of {', '.join(NORMALIZERS)}, got {name!r}.")
    return NORMALIZERS[name]


def _matches(pred: str | None, accepted: str | Sequence[str], clean: Callable[[str], str], index: int) -> bool:
    answers = (accepted,) if isinstance(accepted, str) else tuple(accepted)
    if not (pred is None or isinstance(pred, str)) or not all(isinstance(answer, str) for answer in answers):
        raise ValueError(f"sample {index}: predictions and answers must be text, got {pred!r} and {accepted!r}.")
    found = "" if pred is None else clean(pred)
    return bool(found) and any(found == clean(answer) for answer in answers)
