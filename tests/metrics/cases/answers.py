"""The contract of the answers to questions."""

from functools import partial
from typing import Literal

import numpy as np

from mmbench.metrics import (
    Anls,
    MultipleChoiceAccuracy,
    OpenAnswerAccuracy,
    RelaxedAccuracy,
    VqaAccuracy,
    YesNoScores,
)
from mmbench.metrics.functional import (
    CHOICE_PARSERS,
    YES_NO_PARSERS,
    anls_metric,
    multiple_choice_accuracy_metric,
    open_answer_accuracy_metric,
    relaxed_accuracy_metric,
    vqa_accuracy_metric,
    yes_no_scores_metric,
)
from mmbench.metrics.functional.vqa import VqaProtocol
from tests.metrics.cases import Args, Case

ANSWERS = ["yes", "No.", "two dogs", "a cat", "4,000", "3.5"]
TYPES = ["yes/no", "number", "other"]
LENGTH = (["a"], [["a"], ["b"]])


def annotated(rng: np.random.Generator, n: int) -> Args:
    """Ten annotators who often agree; some answers fail."""
    target = [[ANSWERS[i] for i in rng.integers(first, first + 2, 10)] for first in rng.integers(0, 5, n)]
    return [None if rng.random() < 0.1 else answers[0] for answers in target], target


def typed(rng: np.random.Generator, n: int) -> Args:
    return *annotated(rng, n), [TYPES[i] for i in rng.integers(0, 3, n)]


def agreed(args: Args) -> Args:
    """Everyone says what the model says, in words that no protocol rewrites."""
    return ["dogs"] * len(args[1]), [["dogs"] * 10] * len(args[1]), *args[2:]


def read(rng: np.random.Generator, n: int) -> Args:
    target = [[ANSWERS[i], ANSWERS[j]] for i, j in rng.integers(0, 6, (n, 2))]
    return [None if rng.random() < 0.1 else answers[0][rng.integers(0, 2) :] for answers in target], target


def yes_or_no(rng: np.random.Generator, n: int) -> Args:
    said = ["Yes", "no.", "Not sure", None, "yes, there is", ""]
    return [said[i] for i in rng.integers(0, 6, n)], [("yes", "No")[i] for i in rng.integers(0, 2, n)]


def thrown(rng: np.random.Generator, n: int) -> Args:
    return tuple([("yes", "no")[i] for i in rng.integers(0, 2, n)] for _ in range(2))


def chosen(rng: np.random.Generator, n: int) -> Args:
    options = [[f"thing {i}" for i in rng.permutation(4)] for _ in range(n)]
    target = ["ABCD"[i] for i in rng.integers(0, 4, n)]
    forms = ["({})", "the answer is {}", "{}.", "**{}**", "neither"]
    preds = [
        None if rng.random() < 0.1 else forms[rng.integers(0, 5)].format("ABCD"[rng.integers(0, 4)]) for _ in target
    ]
    return preds, target, options


VQA: tuple[tuple[VqaProtocol, Literal["answer_type"] | None, tuple[list[str], ...]], ...] = (
    ("vqav2", None, ()),
    ("textvqa", None, ()),
    ("vizwiz", None, ()),
    ("vqav2", "answer_type", (["other", "other"],)),
)
CASES = (
    *(
        Case(
            name=f"vqa_accuracy-{protocol}-{by}",
            spec=vqa_accuracy_metric(protocol, by),
            build=partial(VqaAccuracy, protocol=protocol, by=by),
            sample=typed if by else annotated,
            oracle=agreed,
            constant=lambda args: (["nothing of this"] * len(args[1]), *args[1:]),
            constant_values={"accuracy": 0},
            bad=(
                (([1], [["a"]], *(kinds[:1] for kinds in types)), r"preds\[0\] must be text, got 1"),
                (
                    (["a"], ["a"], *(kinds[:1] for kinds in types)),
                    r"target\[0\] must be the list of the annotators' answers",
                ),
                ((["a", "b"], [["a"], []], *types), r"target\[1\] must be the list"),
                ((*LENGTH, *types), "the same length, got 1 and 2"),
                *([((["a"], [["a"]], ["colour"]), "which is no answer type")] if by else []),
            ),
        )
        for protocol, by, types in VQA
    ),
    Case(
        name="anls",
        spec=anls_metric(),
        build=Anls,
        sample=read,
        oracle=lambda args: ([answers[1] for answers in args[1]], args[1]),
        constant=lambda args: (["qqqqqqqqqq"] * len(args[1]), args[1]),
        constant_values={"anls": 0},
        bad=(
            (LENGTH, "the same length"),
            ((["a"], [[]]), r"target\[0\] must be one or more"),
            (([2], ["a"]), r"preds\[0\]"),
        ),
    ),
    Case(
        name="relaxed_accuracy",
        spec=relaxed_accuracy_metric(),
        build=RelaxedAccuracy,
        sample=read,
        oracle=lambda args: ([answers[1] for answers in args[1]], args[1]),
        constant=lambda args: (["qqqqqqqqqq"] * len(args[1]), args[1]),
        constant_values={"accuracy": 0},
        bad=(
            (LENGTH, "the same length"),
            ((["a"], [3]), r"target\[0\] must be one or more"),
            (([2], ["a"]), r"preds\[0\]"),
        ),
    ),
    *(
        Case(
            name=f"yes_no_scores-{parser}",
            spec=yes_no_scores_metric(parser),
            build=partial(YesNoScores, parser),
            sample=yes_or_no,
            oracle=lambda args: ([str(answer).lower() for answer in args[1]], args[1]),
            constant=lambda args: (["no"] * len(args[1]), args[1]),
            constant_values={"recall": 0, "yes_ratio": 0, "f1": 0, "precision": float("nan"), "unparsed": 0},
            oracle_values={"unparsed": 0},
            random=thrown,
            bad=(
                ((["yes"], ["maybe"]), r"target\[0\] must be yes or no, got 'maybe'"),
                ((["yes"], ["yes", "no"]), "the same length"),
                (([1], ["no"]), r"preds\[0\] must be text"),
            ),
        )
        for parser in YES_NO_PARSERS
    ),
    *(
        Case(
            name=f"multiple_choice_accuracy-{parser}",
            spec=multiple_choice_accuracy_metric(parser),
            build=partial(MultipleChoiceAccuracy, parser),
            sample=chosen,
            oracle=lambda args: ([f"({letter})" for letter in args[1]], *args[1:]),
            constant=lambda args: ([""] * len(args[1]), *args[1:]),
            constant_values={"accuracy": 0, "unparsed": 60},
            oracle_values={"unparsed": 0},
            bad=(
                ((["A"], ["E"]), r"target\[0\] is 'E', which is none of the options A, B, C, D"),
                ((["A"], ["A"], [[]]), "options must be 1 to 26"),
                ((["A"], ["A"], [2, 2]), "options must be a number or have the length"),
                (([1.5], ["A"]), r"preds\[0\] must be text"),
            ),
        )
        for parser in CHOICE_PARSERS
    ),
    Case(
        name="open_answer_accuracy",
        spec=open_answer_accuracy_metric(),
        build=OpenAnswerAccuracy,
        sample=read,
        oracle=lambda args: (["It is red."] * len(args[1]), [["red"]] * len(args[1])),
        constant=lambda args: (["qqqqqqqqqq"] * len(args[1]), args[1]),
        constant_values={"accuracy": 0},
        bad=(
            (LENGTH, "the same length"),
            ((["a"], [[]]), r"target\[0\] must be one or more"),
            (([2], ["a"]), r"preds\[0\]"),
        ),
    ),
)
