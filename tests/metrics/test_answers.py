"""Short answers, yes or no, and choices: boundaries, and answers that say nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from mmbench.metrics.functional import (
    anls,
    anls_metric,
    multiple_choice_accuracy,
    open_answer_accuracy,
    parse_choice,
    parse_yes_no,
    relaxed_accuracy,
    relaxed_accuracy_metric,
    yes_no_scores,
)

OPTIONS = ["red", "blue", "$6,000", "an apple"]


@given(st.text("abc", max_size=8), st.lists(st.text("abc", max_size=8), min_size=1, max_size=3))
def test_anls_of_plain_texts_is_the_normalised_similarity(pred: str, answers: list[str]) -> None:
    best = max(Levenshtein.normalized_similarity(pred, answer) for answer in answers)
    assert anls([pred], [answers])[0] == pytest.approx(best if best >= 0.5 else 0)


def test_anls_at_the_threshold_counts_and_spaces_raise_it() -> None:
    assert anls(["ab", "ab", None], ["ac", "cd", ""]).tolist() == [0.5, 0, 0]
    assert anls(["Marlboro "], ["Marlbboro "])[0] == 0.9
    assert anls(["Marlboro"], ["Marlbboro"])[0] == pytest.approx(8 / 9)
    assert anls(["", "  "], ["", "x"]).tolist() == [1, 0.5]
    assert anls(["ac"], ["ab"], threshold=0.6)[0] == 0


@pytest.mark.parametrize(
    ("pred", "answer", "right"),
    [
        ("105", "100", 1),
        ("105.1", "100", 0),
        ("95%", "0.95", 1),
        ("5%", "5", 0),
        ("0.0", "0", 0),
        ("1,000", "1000", 0),
        ("Yes.", "yes", 0),
        ("YES", "yes", 1),
        ("nan", "nan", 0),
        ("2010", "2008", 1),
    ],
)
def test_relaxed_accuracy_has_the_official_quirks(pred: str, answer: str, right: int) -> None:
    assert relaxed_accuracy([pred], [answer])[0] == right


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"threshold must be in \[0, 1\], got 2"):
        anls_metric(2)
    with pytest.raises(ValueError, match="tolerance must be at least 0, got nan"):
        relaxed_accuracy_metric(float("nan"))


def test_yes_and_no_are_read_by_named_rules() -> None:
    texts = ["Yes, a dog.", "NO", "", "There is no dog.", "Not sure.", "**No**", "no."]
    read = {name: [parse_yes_no(text, parser=name) for text in texts] for name in ("first_word", "exact", "pope")}
    assert read["first_word"] == [True, False, None, None, None, False, False]
    assert read["exact"] == [None, False, None, None, None, None, False]
    assert read["pope"] == [True, True, True, False, True, True, False]
    with pytest.raises(ValueError, match="parser must be one of first_word, exact, pope, got 'any'"):
        parse_yes_no("yes", parser="any")


def test_an_answer_that_is_neither_is_wrong_on_both_sides() -> None:
    found = yes_no_scores(["yes", "perhaps", None, "no"], ["yes", "yes", "no", False])
    assert found == {"accuracy": 0.5, "precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3), "yes_ratio": 0.25,
                     "unparsed": 2}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lenient", "mmmu"),
    [
        ("c", "C", None),
        ("**B**", "B", None),
        ("D) an apple", "D", None),
        ("B\nbecause", "B", None),
        ("", None, None),
        ("E", None, None),
        ("(A) is wrong, (B) is right", "B", "B"),
        ("I think it is blue because of the sky", "B", "B"),
        ("it is blue", None, None),
        ("A dog", "A", "A"),
    ],
)
def test_the_option_is_found_or_it_is_not(text: str, lenient: str | None, mmmu: str | None) -> None:
    assert parse_choice(text, OPTIONS) == lenient
    assert parse_choice(text, OPTIONS, parser="mmmu") == mmmu


def test_options_can_be_numbers() -> None:
    assert multiple_choice_accuracy([0, 4, "B", np.int64(2)], [0, 1, 1, "C"], 4).tolist() == [1, 0, 1, 1]
    assert multiple_choice_accuracy(["it is certainly the blue one", "E"], ["B", "E"], [OPTIONS, 5]).tolist() == [1, 1]
    with pytest.raises(ValueError, match="parser must be one of lenient, mmmu, got 'judge'"):
        parse_choice("A", parser="judge")


def test_open_answers_say_a_value_in_what_follows_the_announcement() -> None:
    said = ["So it is 1,000.004", "The answer is red wine.", "is a", "x = 3", None]
    assert open_answer_accuracy(said, ["1000", ["blue", "red"], "a", "3.0", "a"]).tolist() == [1, 1, 1, 1, 0]
    assert open_answer_accuracy(["banana", "a b"], ["a", "a"]).tolist() == [0, 1]
