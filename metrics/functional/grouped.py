"""Right answers that count only together: all questions on a figure, all rotations of a question; and accuracy by type of question."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._inputs import to_numpy
from mmbench.metrics._means import mean_metric
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["all_right", "circular_accuracy_metric", "grouped_accuracy_metric"]

VERSION = "1"
_UNPARSED = Key("unparsed", False, "answers that could not be read", "counted here", upper=None, count=True)


def all_right(correct: Any, groups: Sequence[Any]) -> Array:
    """Whether every answer of a group is right.

    Args:
        correct: ``(n,)`` of 1 (right), 0 (wrong) and NaN (could not be read, which is wrong).
        groups: ``n`` labels.

    Returns:
        ``(n,)`` float64: 1 or 0 at the first answer of each group, NaN at its others, so that the mean is over groups.

    Raises:
        ValueError: other numbers, or lists of different length.

    Source: the accuracy+ of MME (Fu et al. 2023); the figure and question accuracy of HallusionBench (Guan et al. 2024).
    """
    right = np.nan_to_num(_correct(correct))
    if len(groups) != len(right):
        raise ValueError(f"groups must have the length of correct, got {len(groups)} and {len(right)}.")
    first: dict[Any, int] = {}
    found = np.full(len(right), np.nan)
    for i, group in enumerate(groups):
        start = first.setdefault(group, i)
        found[start] = right[i] if start == i else min(found[start], right[i])
    return found


def grouped_accuracy_metric(groups: Sequence[str] = (), types: Sequence[str] = (), read: str = "") -> Metric:
    """The share of right answers, of groups whose answers are all right, and of right answers by type, as a ``Metric``.

    ``per_sample(correct, together=None, types=None)`` takes ``correct`` as ``all_right`` does, for groups the ``(n, g)`` that it gave, a
    column per name, and for types one per answer. It gives ``accuracy``, each name of ``groups``, ``accuracy/<type>`` and ``unparsed``.

    Args:
        groups: names of groupings.
        types: the types of question that are reported apart.
        read: how answers were read; part of the definition.
    """
    how = f", answers read by {read}" if read else ""
    keys = {"accuracy": _key("accuracy", f"share of right answers{how}", "as published with each set")}
    for name in groups:
        keys[name] = _key(
            f"{name} acc.", f"share of {name} groups whose answers are all right{how}", "MME, HallusionBench"
        )
    for name in types:
        keys[f"accuracy/{name}"] = _key(
            f"accuracy, {name}", f"share of right answers of type {name!r}{how}", "as accuracy"
        )
    params = {"groups": tuple(groups), "types": tuple(types), "read": read}
    return mean_metric(
        "grouped_accuracy",
        VERSION,
        keys | {"unparsed": _UNPARSED},
        partial(_grouped, names=tuple(groups), kinds=tuple(types)),
        params=params,
        total=int,
    )


def circular_accuracy_metric(read: str = "") -> Metric:
    """CircularEval as a ``Metric``: a question is right if it is in every rotation of its options.

    ``per_sample(correct)`` takes for each question the list of its rotations' 1, 0 and NaN, as they are first. It gives ``circular``,
    ``accuracy`` (of the options as they are) and ``unparsed``.

    Args:
        read: how answers were read; part of the definition.
    """
    how = f", answers read by {read}" if read else ""
    source = "MMBench, CircularEval; Liu et al. 2024"
    keys = {
        "circular": _key(
            "circular acc.", f"share of questions that are right under every rotation of their options{how}", source
        ),
        "accuracy": _key("accuracy", f"share of right answers with the options as they are{how}", source),
        "unparsed": _UNPARSED,
    }
    return mean_metric("circular_accuracy", VERSION, keys, _circular, params={"read": read}, total=int)


def _key(title: str, definition: str, source: str) -> Key:
    return Key(title, True, definition, source, error="wrong", undefined="no such questions")


def _grouped(
    correct: Any,
    together: Any = None,
    types: Sequence[str] | None = None,
    *,
    names: tuple[str, ...],
    kinds: tuple[str, ...],
) -> dict[str, Array]:
    values = _correct(correct)
    right = np.nan_to_num(values)
    found = {"accuracy": right, "unparsed": np.isnan(values).astype(np.float64)}
    if names:
        solved = to_numpy(together).astype(np.float64)
        if solved.shape != (len(values), len(names)):
            raise ValueError(f"together must be ({len(values)}, {len(names)}), got shape {solved.shape}.")
        found |= {name: _correct(column) for name, column in zip(names, solved.T, strict=True)}
    if kinds and (types is None or len(types) != len(values)):
        raise ValueError(f"types must be one of {', '.join(kinds)} per answer.")
    for name in kinds:
        own = np.asarray([found_type == name for found_type in types or ()], dtype=bool)
        found[f"accuracy/{name}"] = np.where(own, right, np.nan)
    return found


def _circular(correct: Any) -> dict[str, Array]:
    rows = [_correct(row) for row in correct]
    if not all(len(row) for row in rows):
        raise ValueError("every question needs the answer to at least one rotation.")
    return {
        "circular": np.asarray([float(np.all(row == 1)) for row in rows]),
        "accuracy": np.asarray([float(row[0] == 1) for row in rows]),
        "unparsed": np.asarray([float(np.isnan(row).sum()) for row in rows]),
    }


def _correct(values: Any) -> Array:
    found = to_numpy(values).astype(np.float64)
    if found.ndim != 1 or not np.isin(found[~np.isnan(found)], (0.0, 1.0)).all():
        raise ValueError("correct must be a list of 1, 0 and NaN.")
    return found
