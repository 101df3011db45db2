"""MME: accuracy and accuracy+ in fourteen subtasks, summed to the scores of perception and cognition."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from mmbench.metrics._class_values import ratio
from mmbench.metrics._inputs import to_numpy
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = ["MME_SUBTASKS", "mme_scores_metric"]

VERSION = "1"
MME_SUBTASKS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "perception": (
            "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
        ),
        "cognition": ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"),
    }
)  # fmt: skip
"""The subtasks of MME by ability, as the published files spell them."""
_ALL = tuple(name for names in MME_SUBTASKS.values() for name in names)
_SOURCE = "MME eval tool; Fu et al. 2023"
_COUNTS = ("right", "n", "pairs_right", "pairs")


def mme_scores_metric(read: str = "") -> Metric:
    """MME's scores as a ``Metric``: ``per_sample(correct, plus, subtasks)``.

    ``correct`` is 1, 0 or NaN (could not be read) per answer, ``plus`` what ``all_right`` gives for the pairs of questions on a picture,
    ``subtasks`` a name in ``MME_SUBTASKS`` per answer. Besides ``accuracy`` and ``accuracy_plus`` over all answers and pairs it gives
    ``perception`` in [0, 2000] and ``cognition`` in [0, 800]: per subtask 100 * (accuracy + accuracy+), summed; undefined where a
    subtask has no answers.

    Args:
        read: how answers were read; part of the definition.
    """
    how = f", answers read by {read}" if read else ""

    def key(title: str, definition: str, upper: float = 1.0) -> Key:
        return Key(
            title, True, definition + how, _SOURCE, upper=upper, error="wrong", undefined="a subtask has no answers"
        )

    keys = {
        "accuracy": key("accuracy", "share of right answers"),
        "accuracy_plus": key("accuracy+", "share of pictures whose two answers are both right"),
        **{
            name: key(
                name,
                f"sum of 100 * (accuracy + accuracy+) over the {len(names)} subtasks of {name}",
                200.0 * len(names),
            )
            for name, names in MME_SUBTASKS.items()
        },
        "unparsed": Key("unparsed", False, "answers that could not be read", "counted here", upper=None, count=True),
    }
    return Metric(
        name="mme_scores",
        version=VERSION,
        keys=keys,
        per_sample=_per_sample,
        sums=_sums,
        from_sums=_from_sums,
        params={"read": read},
        totals={**{f"{count}_{name}": int for count in _COUNTS for name in _ALL}, "unparsed": int},
    )


def _per_sample(correct: Any, plus: Any, subtasks: Sequence[str]) -> dict[str, Array]:
    values, solved = to_numpy(correct).astype(np.float64), to_numpy(plus).astype(np.float64)
    if not len(values) == len(solved) == len(subtasks):
        raise ValueError("correct, plus and subtasks must have the same length.")
    unknown = next((name for name in subtasks if name not in _ALL), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is no subtask of MME: {', '.join(_ALL)}.")
    return {
        "accuracy": np.nan_to_num(values),
        "accuracy_plus": solved,
        "subtask": np.asarray([_ALL.index(name) for name in subtasks], dtype=np.float64),
        "unparsed": np.isnan(values).astype(np.float64),
    }


def _sums(arrays: Arrays) -> dict[str, Array]:
    found = {"unparsed": arrays["unparsed"]}
    first = ~np.isnan(arrays["accuracy_plus"])
    for number, name in enumerate(_ALL):
        own = arrays["subtask"] == number
        columns = (arrays["accuracy"] * own, own, np.nan_to_num(arrays["accuracy_plus"]) * own, first & own)
        found |= {f"{count}_{name}": column.astype(np.float64) for count, column in zip(_COUNTS, columns, strict=True)}
    return found


def _from_sums(sums: Arrays) -> dict[str, Array]:
    right, n, pairs_right, pairs = (np.stack([sums[f"{count}_{name}"] for name in _ALL], axis=-1) for count in _COUNTS)
    each = 100 * (ratio(right, n) + ratio(pairs_right, pairs))
    found = {
        "accuracy": ratio(right.sum(axis=-1), n.sum(axis=-1)),
        "accuracy_plus": ratio(pairs_right.sum(axis=-1), pairs.sum(axis=-1)),
        "unparsed": sums["unparsed"],
    }
    for name, names in MME_SUBTASKS.items():
        found[name] = each[..., [_ALL.index(one) for one in names]].sum(axis=-1)
    return found
