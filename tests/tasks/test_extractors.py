"""What of an answer counts, and that nothing is guessed."""

import pytest

from mmbench.tasks.extractors import all_extractors

NAMES = {one.id: one for one in all_extractors()}
LETTERS = ("A", "B", "C", "D")


def test_every_extractor_is_complete_and_has_a_name_of_its_own() -> None:
    assert {
        "none",
        "without-reasoning",
        "final-answer",
        "first-letter",
        "last-letter",
        "boxed",
        "yes-no",
        "number",
        "class-name",
    } == set(NAMES)
    assert len(NAMES) == len(all_extractors())
    assert all(one.about and one.version >= 1 for one in all_extractors())
    assert (NAMES["none"].facts, NAMES["number"].facts) == ("none", "number@1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  two dogs ", "  two dogs "),  # without reasoning nothing is touched
        ("<think>is it A? no, B</think>\n\nC", "C"),
        ("<Thinking>A</Thinking> B <think>no</think> C", "B  C"),
        ("is it A? no, B</think>C", "C"),  # the template wrote the beginning
        ("<think>is it A? or B", None),  # cut off: it never answered
        ("A <think>or is it B", "A"),
        ("<think>A</think>", None),
        ("◁think▷A◁/think▷B", "B"),
        ("", ""),
    ],
)
def test_reasoning_is_cut_before_anything_is_read(text: str, found: str | None) -> None:
    assert NAMES["without-reasoning"](text) == found
    assert NAMES["final-answer"](text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It has 3 legs.\nFinal answer: 3", "3"),
        ("Answer: no\nWait.\n**Final Answer:** **B**\nDone.", "B"),
        ("The answer is: a cat", "a cat"),
        (r"so \boxed{\frac{1}{2}} is it", r"\frac{1}{2}"),
        (r"\boxed{A} no, \boxed{\text{B}}", "B"),
        ("<answer>yes</answer>", "yes"),
        ("<think>Final answer: A</think><answer> C", "C"),
        ("Final answer:", None),
        ("a short answer", "a short answer"),
    ],
)
def test_the_final_answer_is_what_the_text_announces(text: str, found: str | None) -> None:
    assert NAMES["final-answer"](text) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("(B) since C is wrong", "B", "C"),
        ("A dog is not B", "B", "B"),
        ("The answer is **D**.", "D", "D"),
        ("Because BAD", None, None),
        ("<think>A</think>C", "C", "C"),
        ("E", None, None),
    ],
)
def test_letters_stand_alone(text: str, first: str | None, last: str | None) -> None:
    assert (NAMES["first-letter"](text, LETTERS), NAMES["last-letter"](text, LETTERS)) == (first, last)
    assert NAMES["first-letter"](text) is None


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("boxed", "no box", None),
        ("boxed", r"\boxed{1", None),
        ("number", "about 1,234.5 km", "1234.5"),
        ("number", "from 3 to \N{MINUS SIGN}2", "-2"),
        ("number", "1.5e3", "1.5e3"),
        ("number", "h2o", None),
        ("yes-no", "Yes, it is.", "yes"),
        ("yes-no", "Yes or no?", None),
        ("yes-no", "nothing", None),
    ],
)
def test_values_are_found_or_nothing_is(name: str, text: str, found: str | None) -> None:
    assert NAMES[name](text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sarcastic.", "sarcastic"),
        ("It is not sarcastic.", "not sarcastic"),
        ("sarcastic or not sarcastic", None),
        ("unsarcastic", None),
    ],
)
def test_a_class_inside_a_longer_name_does_not_count(text: str, found: str | None) -> None:
    assert NAMES["class-name"](text, ("not sarcastic", "sarcastic")) == found
