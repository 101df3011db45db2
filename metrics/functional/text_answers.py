"""Short answers that may be a little off: ANLS for text that was read, relaxed accuracy for numbers in charts."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._means import accepted_answers, mean_metric, same_length, text_or_none
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["anls", "anls_metric", "relaxed_accuracy", "relaxed_accuracy_metric"]

VERSION = "1"


def anls(preds: Sequence[str | None], target: Sequence[str | Sequence[str]], threshold: float = 0.5) -> Array:
    """Average normalised Levenshtein similarity: the best over the accepted answers, 0 if it is below ``threshold``.

    Args:
        preds: ``n`` answers; ``None`` is a failed sample and scores 0.
        target: ``n`` answers, or ``n`` lists of accepted answers.
        threshold: in [0, 1]; a similarity of exactly that much counts.

    Returns:
        ``(n,)`` float64 in [0, 1].

    Raises:
        ValueError: a ``threshold`` out of range, lists of different length, no accepted answer, or what is not text.

    Note:
        As in the script of the Robust Reading Competition and its copies (Qwen-VL, lmms-eval, VLMEvalKit): the distance
        is that of texts in lower case with single spaces, but it is divided by the length of the longer text as it was
        given, so that additional spaces raise the score; two empty texts are alike. Biten et al. 2019.
    """
    from rapidfuzz.distance import Levenshtein

    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be in [0, 1], got {threshold!r}.")
    found = np.zeros(same_length(preds, target))
    for i, (given, answers) in enumerate(zip(preds, target, strict=True)):
        accepted, pred = accepted_answers(answers, i), text_or_none(given, "preds", i)
        if pred is None:
            continue
        plain, length = " ".join(pred.lower().split()), len(pred.upper())
        gaps = []
        for answer in accepted:
            longest = max(len(answer.upper()), length)
            gaps.append(Levenshtein.distance(" ".join(answer.lower().split()), plain) / longest if longest else 0.0)
        similarity = 1 - min(gaps)
        found[i] = similarity if similarity >= threshold else 0.0
    return found


def relaxed_accuracy(
    preds: Sequence[str | None], target: Sequence[str | Sequence[str]], tolerance: float = 0.05
) -> Array:
    """1 where a number is within ``tolerance`` of an accepted one, or a text equals one, else 0.

    Args:
        preds: ``n`` answers; ``None`` is a failed sample and scores 0.
        target: ``n`` answers, or ``n`` lists of accepted answers.
        tolerance: the allowed difference as a share of the target, >= 0.

    Returns:
        ``(n,)`` float64 of 0 and 1.

    Raises:
        ValueError: a negative ``tolerance``, lists of different length, no accepted answer, or what is not text.

    Note:
        As in ChartQA's scorer (pix2struct ``metrics.py``, lmms-eval): a number is what Python's ``float`` takes, and
        "5%" is 0.05; a target of 0 is compared as text, so that "0.0" is not "0", and so is "1,000"; texts are equal
        without regard to case only, so that a full stop makes one wrong; the year 2010 is within 5 % of 2008. Masry et
        al. 2022.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0, got {tolerance!r}.")
    found = np.zeros(same_length(preds, target))
    for i, (given, answers) in enumerate(zip(preds, target, strict=True)):
        accepted, pred = accepted_answers(answers, i), text_or_none(given, "preds", i)
        found[i] = pred is not None and any(_close(pred, answer, tolerance) for answer in accepted)
    return found


def anls_metric(threshold: float = 0.5) -> Metric:
    """``anls`` as a ``Metric``: ``per_sample(preds, target)`` gives ``anls``; a failed sample scores 0."""
    anls([], [], threshold)
    key = Key(
        "ANLS",
        True,
        f"mean of 1 - distance / length to the nearest accepted answer, 0 below {threshold:g}",
        "Robust Reading Competition script (Qwen-VL infographicsvqa_eval.py); Biten et al. 2019",
        error="0",
    )
    return mean_metric(
        "anls", VERSION, {"anls": key}, partial(_anls, threshold=threshold), params={"threshold": threshold}
    )


def relaxed_accuracy_metric(tolerance: float = 0.05) -> Metric:
    """``relaxed_accuracy`` as a ``Metric``: ``per_sample(preds, target)`` gives ``accuracy``; a failed sample is wrong."""
    relaxed_accuracy([], [], tolerance)
    key = Key(
        "relaxed acc.",
        True,
        f"share of numbers within {tolerance:.3g} of the target's size, or texts that equal it",
        "ChartQA (pix2struct metrics.py); Masry et al. 2022",
        error="wrong",
    )
    params = {"tolerance": tolerance}
    return mean_metric(
        "relaxed_accuracy", VERSION, {"accuracy": key}, partial(_relaxed, tolerance=tolerance), params=params, total=int
    )


def _anls(preds: Any, target: Any, *, threshold: float) -> dict[str, Array]:
    return {"anls": anls(preds, target, threshold)}


def _relaxed(preds: Any, target: Any, *, tolerance: float) -> dict[str, Array]:
    return {"accuracy": relaxed_accuracy(preds, target, tolerance)}


def _close(pred: str, answer: str, tolerance: float) -> bool:
    number, wanted = _number(pred), _number(answer)
    if number is not None and wanted:
        return abs(number - wanted) / abs(wanted) <= tolerance
    return pred.lower() == answer.lower()


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None
