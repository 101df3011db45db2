"""Metrics that are the mean of one number per sample, with counts of what could not be read beside it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics.spec import Array, Arrays, Key, Metric


def mean_metric(
    name: str,
    version: str,
    keys: Mapping[str, Key],
    per_sample: Callable[..., dict[str, Array]],
    *,
    params: Mapping[str, Any] | None = None,
    total: type = float,
) -> Metric:
    """A ``Metric`` whose keys are per-sample arrays: of tallies (``Key.count``) the sum, of all others the mean.

    Args:
        name: of the metric.
        version: of its values.
        keys: facts per key.
        per_sample: gives, among others, an array of each key's name; NaN is a sample without part in its mean.
        params: what the caller fixed.
        total: ``int`` where the arrays hold 0 and 1.
    """
    means = tuple(key for key, facts in keys.items() if not facts.count)
    tallies = tuple(key for key, facts in keys.items() if facts.count)
    counts = {f"{key}/n": int for key in means}
    return Metric(
        name=name,
        version=version,
        keys=keys,
        per_sample=per_sample,
        sums=partial(_sums, means=means, tallies=tallies),
        from_sums=partial(_from_sums, means=means, tallies=tallies),
        params=params or {},
        totals={**dict.fromkeys(means, total), **dict.fromkeys(tallies, int), **counts},
    )


def same_length(preds: Any, target: Any) -> int:
    """The number of samples of two lists.

    Raises:
        ValueError: one of them is a text, or they differ in length.
    """
    if isinstance(preds, str) or isinstance(target, str):
        raise ValueError("preds and target must be two lists, not one text.")
    if len(preds) != len(target):
        raise ValueError(f"preds and target must have the same length, got {len(preds)} and {len(target)}.")
    return len(preds)


def text_or_none(value: Any, name: str, index: int) -> str | None:
    """A prediction.

    Raises:
        ValueError: it is neither text nor ``None``.
    """
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{name}[{index}] must be text, got {value!r}.")


def accepted_answers(answers: Any, index: int) -> Sequence[str]:
    """The accepted answers of a sample: a text, or a list of one or more.

    Raises:
        ValueError: nothing, or something that is not text.
    """
    found = (answers,) if isinstance(answers, str) else answers
    if not isinstance(found, list | tuple) or not found or not all(isinstance(answer, str) for answer in found):
        raise ValueError(f"target[{index}] must be one or more answers in text, got {answers!r}.")
    return found


def _sums(arrays: Arrays, *, means: Sequence[str], tallies: Sequence[str]) -> dict[str, Array]:
    found = {key: arrays[key] for key in tallies}
    for key in means:
        scored = ~np.isnan(arrays[key])
        found[key] = np.where(scored, arrays[key], 0.0)
        found[f"{key}/n"] = scored.astype(np.float64)
    return found


def _from_sums(sums: Arrays, *, means: Sequence[str], tallies: Sequence[str]) -> dict[str, Array]:
    found = {key: sums[key] for key in tallies}
    for key in means:
        n = sums[f"{key}/n"]
        found[key] = sums[key] / np.where(n > 0, n, np.nan)
    return found
