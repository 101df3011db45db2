"""Multiple choice and open questions that are answered in prose: what was answered is found by a named parser."""

from collections.abc import Sequence
from functools import partial
from string import ascii_uppercase
from typing import Any

import numpy as np

from mmbench.metrics._choice_text import CHOICE_PARSERS, Options, comparable, open_values
from mmbench.metrics._means import accepted_answers, mean_metric, same_length, text_or_none
from mmbench.metrics.spec import Array, Key, Metric

__all__ = [
    "CHOICE_PARSERS",
    "multiple_choice_accuracy",
    "multiple_choice_accuracy_metric",
    "open_answer_accuracy",
    "open_answer_accuracy_metric",
    "parse_choice",
]

VERSION = "1"
Choices = int | Sequence[str]


def multiple_choice_accuracy(
    preds: Sequence[str | int | None],
    target: Sequence[str | int],
    options: int | Sequence[Choices] = 4,
    *,
    parser: str = "lenient",
) -> Array:
    """1 where the option that an answer names is the right one, else 0. An answer that names none is wrong.

    Args:
        preds: ``n`` answers in prose, or numbers of options from 0; ``None`` is a failed sample.
        target: ``n`` letters ("A" is the first option) or numbers from 0.
        options: how many there are, or for each sample how many, or the list of their texts; answers that give the text
            of an option are understood only where the texts are known.
        parser: a name in ``CHOICE_PARSERS``.

    Returns:
        ``(n,)`` float64 of 0 and 1.

    Raises:
        ValueError: an unknown parser, lists of different length, a target that is no option, or what is not text.

    Note:
        Where MMMU's own code (``eval_utils.py``) draws a random option because it found none, the answer is wrong here,
        and the metric counts it in ``unparsed``.
    """
    return _choices(preds, target, options, parser=parser)["accuracy"]


def parse_choice(text: str, options: Choices = 4, *, parser: str = "lenient") -> str | None:
    """The letter of the option that an answer names, or ``None``.

    Args:
        text: the answer.
        options: how many there are, or their texts.
        parser: a name in ``CHOICE_PARSERS``.

    Raises:
        ValueError: an unknown parser, or more than 26 options.
    """
    if parser not in CHOICE_PARSERS:
        raise ValueError(f"parser must be one of {', '.join(CHOICE_PARSERS)}, got {parser!r}.")
    return CHOICE_PARSERS[parser](text, _lettered(options))


def open_answer_accuracy(preds: Sequence[str | None], target: Sequence[str | Sequence[str]]) -> Array:
    """1 where an answer in prose says an accepted value, else 0, by MMMU's rules for open questions.

    Args:
        preds: ``n`` answers; ``None`` is a failed sample and is wrong.
        target: ``n`` answers, or ``n`` lists of accepted answers.

    Returns:
        ``(n,)`` float64 of 0 and 1.

    Raises:
        ValueError: lists of different length, no accepted answer, or what is not text.

    Note:
        MMMU ``eval_utils.py`` ``parse_open_response`` and ``eval_open``: numbers are compared after rounding to two
        digits; a text is right if it *is part of* what follows the last "is", "so", "answer"... of a line.
    """
    found = np.zeros(same_length(preds, target))
    for i, (given, answers) in enumerate(zip(preds, target, strict=True)):
        wanted = [value for answer in accepted_answers(answers, i) for value in comparable(answer)]
        text = text_or_none(given, "preds", i)
        found[i] = text is not None and any(_says(value, wanted) for value in open_values(text))
    return found


def multiple_choice_accuracy_metric(parser: str = "lenient") -> Metric:
    """``multiple_choice_accuracy`` as a ``Metric``: ``per_sample(preds, target, options=4)``.

    It gives ``accuracy`` and ``unparsed``; a failed sample is wrong and counts as unparsed.
    """
    parse_choice("", parser=parser)
    source = "MMMU eval_utils.py parse_multi_choice_response, without its random choice; Yue et al. 2024"
    keys = {
        "accuracy": Key("accuracy", True, f"share of right options, answers read by {parser!r}", source, error="wrong"),
        "unparsed": Key("unparsed", False, "answers that name no option", "counted here", upper=None, count=True),
    }
    return mean_metric(
        "multiple_choice_accuracy",
        VERSION,
        keys,
        partial(_choices, parser=parser),
        params={"parser": parser},
        total=int,
    )


def open_answer_accuracy_metric() -> Metric:
    """``open_answer_accuracy`` as a ``Metric``: ``per_sample(preds, target)`` gives ``accuracy``."""
    key = Key(
        "accuracy",
        True,
        "share of open answers that say an accepted value",
        "MMMU eval_utils.py parse_open_response, eval_open; Yue et al. 2024",
        error="wrong",
    )
    return mean_metric("open_answer_accuracy", VERSION, {"accuracy": key}, _open, total=int)


def _choices(preds: Any, target: Any, options: Any = 4, *, parser: str) -> dict[str, Array]:
    n = same_length(preds, target)
    each = [options] * n if isinstance(options, int) else options
    if len(each) != n:
        raise ValueError(f"options must be a number or have the length of preds, got {len(each)} and {n}.")
    right, unparsed = np.zeros(n), np.zeros(n)
    for i, (given, wanted, own) in enumerate(zip(preds, target, each, strict=True)):
        letters = list(_lettered(own))
        label = _letter(wanted, letters)
        if label is None:
            raise ValueError(f"target[{i}] is {wanted!r}, which is none of the options {', '.join(letters)}.")
        if isinstance(given, int | np.integer) and not isinstance(given, bool):
            found = _letter(given, letters)
        else:
            text = text_or_none(given, "preds", i)
            found = None if text is None else parse_choice(text, own, parser=parser)
        right[i], unparsed[i] = found == label, found is None
    return {"accuracy": right, "unparsed": unparsed}


def _open(preds: Any, target: Any) -> dict[str, Array]:
    return {"accuracy": open_answer_accuracy(preds, target)}


def _lettered(options: Choices) -> Options:
    """Letters to texts; to nothing where only their number is known."""
    texts = [""] * options if isinstance(options, int | np.integer) else list(options)
    if isinstance(options, str) or not 0 < len(texts) <= len(ascii_uppercase):
        raise ValueError(f"options must be 1 to 26 texts or their number, got {options!r}.")
    return dict(zip(ascii_uppercase, texts, strict=False))


def _letter(option: Any, letters: Sequence[str]) -> str | None:
    if isinstance(option, int | np.integer) and not isinstance(option, bool):
        return letters[int(option)] if 0 <= option < len(letters) else None
    return option if option in letters else None


def _says(value: str | float, wanted: Sequence[str | float]) -> bool:
    if isinstance(value, str):
        return any(isinstance(answer, str) and answer in value for answer in wanted)
    return value in wanted
