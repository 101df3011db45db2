"""VQA accuracy: how many of the other annotators gave the model's answer, by one of three published protocols."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from mmbench.metrics._means import mean_metric, same_length, text_or_none
from mmbench.metrics._vqa_text import PROTOCOLS, OneLine, Protocol, Rewritten
from mmbench.metrics._vqa_words import ANSWER_TYPES, OTHER_TYPE, QUESTION_TYPES
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["vqa_accuracy", "vqa_accuracy_metric", "vqa_answer", "vqa_question_types"]

VERSION = "1"
VqaProtocol = Literal["vqav2", "textvqa", "vizwiz"]
_TYPES = {"answer_type": ANSWER_TYPES, "question_type": QUESTION_TYPES}


def vqa_accuracy(preds: Sequence[str | None], target: Sequence[Sequence[str]], *, protocol: str) -> Array:
    """The soft accuracy of each answer: of the annotators left when one is taken away, at least three must have said it.

    Args:
        preds: ``n`` answers; ``None`` is a failed sample and scores 0.
        target: ``n`` lists of the annotators' answers, as they were written (ten in the published data).
        protocol: whose rules say when two answers are the same; they differ by ten points and more on one data set.

            - ``"vqav2"`` (``VQAEval.evaluate`` of GT-Vision-Lab/VQA): both sides are rewritten, but only if the
              annotators do not all agree: "Yes" against ten times "yes" is wrong.
            - ``"textvqa"`` (EvalAI, mmf): both sides always; commas and question marks go first, "'s" is a word.
            - ``"vizwiz"`` (VizWiz ``vqaEval.py``): the prediction only, so that "Yes." of an annotator is out of reach.

    Returns:
        ``(n,)`` float64 in [0, 1]: the mean over annotators of min(1, matches among the others / 3). The official
        printouts are percentages rounded to two digits.

    Raises:
        ValueError: an unknown protocol, lists of different length, a sample without annotators, or what is not text.

    Note:
        The rewriting has quirks that are part of the protocols: of full stops that no digit follows only the first 32
        go, and "3." loses its own; a comma between two digits makes every sign vanish instead of becoming a space;
        "none" becomes "0"; an answer that is an article becomes empty; contractions with a capital (Im, Ive) are not
        expanded; "somebody'd" becomes "somebodyd"; VizWiz expands to curly apostrophes ("dont" never equals "don't").
        Three quirks of the official program are not those of a number and are left out: annotators without an
        ``answer_id`` vanish in its comparison, and a second ``evaluate()`` on the same objects gives another result.
    """
    rule = _protocol(protocol)
    same_length(preds, target)
    try:
        return np.array(list(_scores(preds, target, rule)), dtype=np.float64)
    except (AttributeError, IndexError, TypeError, ZeroDivisionError):
        _refuse(preds, target)
        raise


def vqa_answer(text: str, *, protocol: str) -> str:
    """What a protocol compares instead of ``text``.

    Raises:
        ValueError: an unknown protocol.
    """
    return Rewritten(_protocol(protocol))[text]


def vqa_question_types(questions: Sequence[str]) -> list[str]:
    """The official type of each question: the longest of 65 beginnings that it has, or "none of the above"."""
    beginnings = sorted((name for name in QUESTION_TYPES if name != OTHER_TYPE), key=len, reverse=True)
    return [
        next((name for name in beginnings if f"{question.strip().lower()} ".startswith(f"{name} ")), OTHER_TYPE)
        for question in questions
    ]


def vqa_accuracy_metric(protocol: VqaProtocol, by: Literal["answer_type", "question_type"] | None = None) -> Metric:
    """``vqa_accuracy`` as a ``Metric``: ``per_sample(preds, target)`` gives ``accuracy``; a failed sample scores 0.

    With ``by`` it is ``per_sample(preds, target, types)``, with the type of each question in the official annotations
    (``"answer_type"``: yes/no, number, other; ``"question_type"``: one of 65, or "none of the above"), and reports each
    type as well (``accuracy/number``), NaN where no question is of it.
    """
    source = f"{_protocol(protocol).source}; Antol et al. 2015"
    if by not in (None, *_TYPES):
        raise ValueError(f"by must be one of {', '.join(_TYPES)} or None, got {by!r}.")

    def key(title: str, of: str) -> Key:
        definition = f"mean over annotators of min(1, matches among the others / 3), after the rules of {protocol}{of}"
        return Key(title, True, definition, source, error="0", undefined="no questions")

    keys = {"accuracy": key("VQA acc.", "")}
    keys |= {f"accuracy/{name}": key(f"VQA acc., {name}", f", of type {name!r}") for name in _TYPES.get(by or "", ())}
    return mean_metric(
        "vqa_accuracy",
        VERSION,
        keys,
        partial(_per_sample, protocol=protocol) if by is None else partial(_per_sample_by, protocol=protocol, by=by),
        params={"protocol": protocol} | ({} if by is None else {"by": by}),
    )


def _per_sample(preds: Any, target: Any, *, protocol: str) -> dict[str, Array]:
    return {"accuracy": vqa_accuracy(preds, target, protocol=protocol)}


def _per_sample_by(preds: Any, target: Any, types: Sequence[str], *, protocol: str, by: str) -> dict[str, Array]:
    accuracy = vqa_accuracy(preds, target, protocol=protocol)
    if len(types) != len(accuracy):
        raise ValueError(f"types must have the length of preds, got {len(types)} and {len(accuracy)}.")
    unknown = next((i for i, name in enumerate(types) if name not in _TYPES[by]), None)
    if unknown is not None:
        raise ValueError(f"types[{unknown}] is {types[unknown]!r}, which is no {by.replace('_', ' ')}.")
    each = {name: np.array([found == name for found in types], dtype=np.bool_) for name in _TYPES[by]}
    return {"accuracy": accuracy} | {f"accuracy/{name}": np.where(own, accuracy, np.nan) for name, own in each.items()}


def _protocol(name: str) -> Protocol:
    if name not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, got {name!r}.")
    return PROTOCOLS[name]


def _scores(preds: Any, target: Any, rule: Protocol) -> Iterator[float]:
    """The score of each sample; every string is cleaned and rewritten once."""
    plain, rewritten, shares = OneLine(), Rewritten(rule), _Shares()
    for pred, answers in zip(preds, target, strict=True):
        if isinstance(answers, str) or not answers:
            raise TypeError(answers)
        said = list(map(plain.__getitem__, answers)) if rule.unanimous_as_is or rule.both else answers
        n = len(said)
        if pred is None:
            yield 0.0 / n
        elif rule.unanimous_as_is and said.count(said[0]) == n:
            yield shares[n, n if said[0] == plain[pred] else 0]
        else:
            compared = list(map(rewritten.__getitem__, said)) if rule.both else said
            yield shares[n, compared.count(rewritten[pred])]


class _Shares(dict[tuple[int, int], float]):
    """``(n, matches)`` to the score: those who said it see one match fewer than those who did not."""

    def __missing__(self, key: tuple[int, int]) -> float:
        n, matches = key
        self[key] = found = (matches * min(1.0, (matches - 1) / 3) + (n - matches) * min(1.0, matches / 3)) / n
        return found


def _refuse(preds: Any, target: Any) -> None:
    """Say which sample could not be scored."""
    for i, (pred, answers) in enumerate(zip(preds, target, strict=True)):
        text_or_none(pred, "preds", i)
        if not isinstance(answers, list | tuple) or not answers or not all(isinstance(text, str) for text in answers):
            raise ValueError(f"target[{i}] must be the list of the annotators' answers in text, got {answers!r}.")
