"""Free-form answers of MathVista: whole numbers, decimals of a stated precision, and lists."""

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmbench.metrics._means import mean_metric, same_length, text_or_none
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["math_accuracy", "math_accuracy_metric", "math_answer"]

VERSION = "1"
TYPES = ("integer", "float", "list", "text")
MAX_LIST = 1000  # characters


def math_answer(text: str, answer_type: str, precision: float | None = None) -> str | None:
    """What is compared instead of an answer; ``None`` where it is no value of its type.

    Args:
        text: the answer alone.
        answer_type: ``"integer"`` (cut to a whole number), ``"float"`` (rounded to ``precision`` decimals), ``"list"`` (of numbers), or
            ``"text"`` (as it is, without outer white space).
        precision: decimals of a ``"float"``; 1 by default.

    Raises:
        ValueError: an unknown type.

    Source: MathVista calculate_score.py normalize_extracted_answer; Lu et al. 2024. Commas between thousands are left out first.
    """
    if answer_type not in TYPES:
        raise ValueError(f"answer_type must be one of {', '.join(TYPES)}, got {answer_type!r}.")
    text = text.strip()
    if answer_type == "text":
        return text or None
    if answer_type == "list":
        return _list(text)
    try:
        number = float(text.replace(",", ""))
        return str(int(number)) if answer_type == "integer" else str(round(number, int(precision or 1)))
    except (ValueError, OverflowError):
        return None


def math_accuracy(
    preds: Sequence[str | None], target: Sequence[str], answer_types: Sequence[str], precisions: Sequence[float | None]
) -> Array:
    """1 where an answer equals the right one after both were read as values of their type, 0 where not, NaN where it is no such value.

    Args:
        preds: ``n`` answers alone; ``None`` is a failed sample, which is no value.
        target: ``n`` answers.
        answer_types: ``n`` types, as in ``math_answer``.
        precisions: ``n`` numbers of decimals, ``None`` for no decimals.

    Returns:
        ``(n,)`` float64.

    Raises:
        ValueError: lists of different length, an unknown type, or what is not text.
    """
    if not same_length(preds, target) == len(answer_types) == len(precisions):
        raise ValueError("preds, target, answer_types and precisions must have the same length.")
    found = np.zeros(len(preds))
    for i, (given, wanted, kind, digits) in enumerate(zip(preds, target, answer_types, precisions, strict=True)):
        text = text_or_none(given, "preds", i)
        value = None if text is None else math_answer(text, kind, digits)
        found[i] = np.nan if value is None else value == math_answer(wanted, kind, digits)
    return found


def math_accuracy_metric() -> Metric:
    """``math_accuracy`` as a ``Metric``: ``accuracy``, and ``unparsed`` for answers that are no value of their type, which are wrong."""
    source = "MathVista calculate_score.py; Lu et al. 2024"
    keys = {
        "accuracy": Key(
            "accuracy", True, "share of answers equal to the right one as values of their type", source, error="wrong"
        ),
        "unparsed": Key(
            "unparsed", False, "answers that are no value of their type", "counted here", upper=None, count=True
        ),
    }
    return mean_metric("math_accuracy", VERSION, keys, _per_sample, total=int)


def _per_sample(preds: Any, target: Any, answer_types: Any, precisions: Any) -> dict[str, Array]:
    values = math_accuracy(preds, target, answer_types, precisions)
    return {"accuracy": np.nan_to_num(values), "unparsed": np.isnan(values).astype(np.float64)}


def _list(text: str) -> str | None:
    try:
        found = ast.literal_eval(text) if len(text) <= MAX_LIST else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return str(list(found)) if isinstance(found, list | tuple) else None
