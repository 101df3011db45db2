"""Checks of answers: silent on balanced questions, and each planted fault is named."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mmbench.loaders.checks import CheckReport, Tools, all_checks, run_checks
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Sample, TextPart
from mmbench.stats import chi_square_tail, holm, normal_tail

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
TOOLS = Tools(lambda splits: [], normal_tail, chi_square_tail, holm)
COLOURS = ("red", "green", "blue", "grey")


def _check(open_rows: Open, rows: Rows) -> dict[str, tuple[str, list[str]]]:
    chosen = [one for one in all_checks() if one.family == "answers"]
    report: CheckReport = run_checks(open_rows(rows), checks=chosen, tools=TOOLS)
    return {one.check: (one.status, one.ids) for one in report.findings}


@pytest.fixture
def choices(picture: Make) -> Rows:
    """Questions with four options, the right one anywhere."""
    draw = np.random.default_rng(0)
    return {
        "test": [
            Sample(f"{i}", (picture(i), TextPart(f"Which colour has thing {i}?")), COLOURS, COLOURS[draw.integers(4)])
            for i in range(80)
        ]
    }


@pytest.fixture
def opinions(picture: Make) -> Rows:
    """Open questions with ten answers each."""
    draw = np.random.default_rng(0)
    return {
        "test": [
            Sample(
                f"{i}",
                (picture(i), TextPart(f"What is thing {i}?")),
                target=[str(word) for word in draw.choice(COLOURS, 10)],
            )
            for i in range(60)
        ]
    }


def test_clean_answers_pass(choices: Rows, opinions: Rows, open_rows: Open) -> None:
    assert _check(open_rows, choices) == {}
    assert _check(open_rows, opinions) == {}


@pytest.mark.parametrize(
    ("target", "options", "note"),
    [
        ("purple", COLOURS, "none of the 4 options"),
        (4, COLOURS, "number 4 of 4 options"),
        ("red", ("red", "Red!", "blue", "grey"), "two options are equal"),
        ("  ", (), "blank"),
        (float("inf"), (), "inf"),
    ],
)
def test_an_answer_out_of_range_is_named(
    choices: Rows, open_rows: Open, target: object, options: tuple[str, ...], note: str
) -> None:
    if isinstance(target, float):  # a split cannot store it, so it is looked at where it is read
        from mmbench.loaders.checks.answers import ANSWER

        found = ANSWER.take(Sample("x", (TextPart("?"),), target=target))
        assert found is not None
        assert note in found.wrong
        return
    choices["test"][5] = replace(choices["test"][5], target=target, options=options)
    found_items = _check(open_rows, choices)
    assert found_items == {"answer-range": ("fail", ["5"])}


def test_letters_and_positions_are_answers_too() -> None:
    from mmbench.loaders.checks.answers import ANSWER

    for target in ("B", 1, "Green"):
        found = ANSWER.take(Sample("x", (TextPart("?"),), COLOURS, target))
        assert found is not None
        assert (found.gold, found.wrong) == (1, "")


def test_a_question_with_nine_answers_is_named(opinions: Rows, open_rows: Open) -> None:
    opinions["test"][5] = replace(opinions["test"][5], target=opinions["test"][5].target[:9])
    assert _check(open_rows, opinions) == {"answer-count": ("fail", ["5"])}


def test_answers_that_are_always_d_are_reported(choices: Rows, open_rows: Open) -> None:
    draw = np.random.default_rng(1)
    for number, sample in enumerate(choices["test"]):
        others = [colour for colour in draw.permutation(COLOURS) if colour != sample.target]
        choices["test"][number] = replace(sample, options=(*others, sample.target))
    assert _check(open_rows, choices) == {"answer-count": ("warn", [])}


def test_an_answer_in_the_question_is_reported(picture: Make, open_rows: Open) -> None:
    draw = np.random.default_rng(0)
    words = [f"thing{draw.integers(1000)}" for _ in range(60)]
    rows = [Sample(f"{i}", (picture(i), TextPart(f"What is number {i}?")), target=word) for i, word in enumerate(words)]
    for number in range(5):
        rows[number] = replace(rows[number], content=(picture(number), TextPart(f"Is this a {words[number]} or not?")))
    found = _check(open_rows, {"test": rows})
    assert found == {"answer-leak": ("warn", [str(number) for number in range(5)])}


def test_sorted_labels_are_reported(choices: Rows, open_rows: Open) -> None:
    ordered = sorted(choices["test"], key=lambda sample: str(sample.target))
    found = _check(open_rows, {"test": ordered})
    assert set(found) == {"label-order"}
    assert found["label-order"][0] == "warn"


def test_questions_that_hold_their_answer_need_no_picture(picture: Make, open_rows: Open) -> None:
    draw = np.random.default_rng(0)
    shapes = {"sun": "yellow", "sea": "azure", "grass": "verdant", "coal": "black"}
    names = [str(name) for name in draw.choice(list(shapes), 120)]
    rows = [
        Sample(f"{i}", (picture(i), TextPart(f"What colour is the {name}?")), target=shapes[name])
        for i, name in enumerate(names)
    ]
    split = {"train": [replace(one, id=f"t{one.id}") for one in rows[:60]], "test": rows[60:]}
    assert _check(open_rows, split) == {"blind-answers": ("warn", [])}
    assert _check(open_rows, {"all": rows}) == {"blind-answers": ("warn", [])}
