"""Yes or no questions, as for hallucinated objects: accuracy, precision, recall, F1, and how often the answer is yes."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from mmbench.metrics._class_values import f1_scores, ratio
from mmbench.metrics._means import same_length, text_or_none
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = ["YES_NO_PARSERS", "parse_yes_no", "yes_no_scores", "yes_no_scores_metric"]

VERSION = "1"
_WORD = re.compile(r"[^\W\d_]+")


def yes_no_scores(
    preds: Sequence[str | None], target: Sequence[str | bool], *, parser: str = "first_word"
) -> dict[str, float]:
    """How well yes or no was said; *yes* is the positive class.

    Args:
        preds: ``n`` answers in words; ``None`` is a failed sample and is not parsed.
        target: ``n`` times "yes" or "no" (any case), or a bool.
        parser: a name in ``YES_NO_PARSERS``.

    Returns:
        ``accuracy``, ``precision``, ``recall``, ``f1`` in [0, 1]; ``yes_ratio``, the share of *answers* that are yes;
        ``unparsed``, how many are neither. One that is neither is wrong: it is no yes, and no right no. ``precision`` is
        NaN where nobody says yes, ``recall`` where nothing is yes.

    Raises:
        ValueError: an unknown parser, lists of different length, or a target that is neither.
    """
    metric = yes_no_scores_metric(parser)
    return metric.aggregate(metric.per_sample(preds, target))


def parse_yes_no(text: str, *, parser: str = "first_word") -> bool | None:
    """Whether an answer says yes, ``None`` where it says neither.

    Raises:
        ValueError: an unknown parser.
    """
    if parser not in YES_NO_PARSERS:
        raise ValueError(f"parser must be one of {', '.join(YES_NO_PARSERS)}, got {parser!r}.")
    return YES_NO_PARSERS[parser](text)


def _first_word(text: str) -> bool | None:
    word = _WORD.search(text)
    return {"yes": True, "no": False}.get(word.group().casefold()) if word else None


def _exact(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text.strip().rstrip(".").lower())


def _pope(text: str) -> bool | None:
    words = text.split(".")[0].replace(",", "").split(" ")
    return not {"No", "no", "not"}.intersection(words)


YES_NO_PARSERS: MappingProxyType[str, Callable[[str], bool | None]] = MappingProxyType(
    {"first_word": _first_word, "exact": _exact, "pope": _pope}
)
"""The named ways to read an answer.

- ``first_word``: the first word, in any case, is yes or no.
- ``exact``: nothing but yes or no, in any case, with or without a full stop.
- ``pope``: what POPE's ``evaluate.py`` does: no if "No", "no" or "not" is a word (cut at spaces) of the first sentence,
  and *yes in all other cases*: nothing at all, "NO" and "Maybe" are yes.
"""


def yes_no_scores_metric(parser: str = "first_word") -> Metric:
    """``yes_no_scores`` as a ``Metric``: ``per_sample(preds, target)`` gives ``said`` (1, 0, NaN) and ``target``."""
    parse_yes_no("", parser=parser)
    source = "AoiDragon/POPE evaluate.py; Li et al. 2023"
    read = f"answers read by {parser!r}"

    def key(title: str, definition: str, undefined: str = "no samples", chance: float | None = None) -> Key:
        return Key(
            title, True, f"{definition}, {read}", source, error="neither yes nor no", undefined=undefined, chance=chance
        )

    return Metric(
        name="yes_no_scores",
        version=VERSION,
        keys={
            "accuracy": key("accuracy", "share of right answers", chance=0.5),
            "precision": key("precision", "share of yes answers that are right", "no answer is yes"),
            "recall": key("recall", "share of yes questions that are answered so", "nothing is yes", 0.5),
            "f1": key("F1", "harmonic mean of precision and recall", "nothing is yes, and no answer"),
            "yes_ratio": Key("yes ratio", True, f"share of answers that are yes, {read}", source, count=True),
            "unparsed": Key(
                "unparsed", False, f"answers that are neither, {read}", "counted here", upper=None, count=True
            ),
        },
        per_sample=partial(_per_sample, parser=parser),
        sums=_sums,
        from_sums=_from_sums,
        params={"parser": parser},
        totals=dict.fromkeys(("hits", "labels", "answers", "right", "unparsed", "n"), int),
    )


def _per_sample(preds: Any, target: Any, *, parser: str) -> dict[str, Array]:
    said, right = np.full(same_length(preds, target), np.nan), np.zeros(len(preds))
    for i, (given, label) in enumerate(zip(preds, target, strict=True)):
        wanted = (
            bool(label) if isinstance(label, bool | np.bool_) else _exact(label) if isinstance(label, str) else None
        )
        if wanted is None:
            raise ValueError(f"target[{i}] must be yes or no, got {label!r}.")
        text = text_or_none(given, "preds", i)
        answer = None if text is None else parse_yes_no(text, parser=parser)
        said[i], right[i] = np.nan if answer is None else answer, wanted
    return {"said": said, "target": right}


def _sums(arrays: Arrays) -> dict[str, Array]:
    yes, label = arrays["said"] == 1, arrays["target"] == 1
    counts = {
        "hits": yes & label,
        "labels": label,
        "answers": yes,
        "right": arrays["said"] == arrays["target"],
        "unparsed": np.isnan(arrays["said"]),
        "n": np.ones_like(label),
    }
    return {name: count.astype(np.float64) for name, count in counts.items()}


def _from_sums(sums: Arrays) -> dict[str, Array]:
    n = np.where(sums["n"] > 0, sums["n"], 1)
    return {
        "accuracy": ratio(sums["right"], sums["n"]),
        "precision": ratio(sums["hits"], sums["answers"]),
        "recall": ratio(sums["hits"], sums["labels"]),
        "f1": f1_scores(sums["hits"], sums["labels"], sums["answers"]),
        "yes_ratio": sums["answers"] / n,
        "unparsed": sums["unparsed"],
    }
