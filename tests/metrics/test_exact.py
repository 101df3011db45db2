"""Exact match under each named normalisation."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbench.metrics.functional import NORMALIZERS, exact_match, exact_match_metric


@pytest.mark.parametrize(
    ("pred", "target", "right"),
    [
        ("Red", "Red", {"none", "lower_strip", "lower_no_punctuation", "squad"}),
        (" red\n", "Red", {"lower_strip", "lower_no_punctuation", "squad"}),
        ("red.", "red", {"lower_no_punctuation", "squad"}),
        ("The  red", "red", {"squad"}),
        ("blue", ["red", "blue"], {"none", "lower_strip", "lower_no_punctuation", "squad"}),
        ("blue", [], set()),
        ("", "", set()),
        (None, "none", set()),
        ("the", ["a", ""], set()),
        ("...", "...", {"none", "lower_strip"}),
        ("ΟΔΟΣ", "οδοσ", set()),  # lower() ends the first with a final sigma: no Unicode folding is promised
    ],
)
def test_which_normalisations_accept_an_answer(pred: str | None, target: str | list[str], right: set[str]) -> None:
    assert {name for name in NORMALIZERS if exact_match([pred], [target], normalize=name)[0] == 1} == right


def test_squad_is_the_official_normalisation() -> None:
    import re

    def official(text: str) -> str:  # evaluate-v1.1.py, normalize_answer
        kept = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
        return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())

    texts = ["The cat's  a-hat.", "an apple, a day", "Theatre", "a", "U.S.A."]
    assert [NORMALIZERS["squad"](text) for text in texts] == [official(text) for text in texts]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", "C "]), st.sampled_from(["a", "c", "b"])), max_size=8))
def test_oracle_constant_and_order(pairs: list[tuple[str, str]]) -> None:
    preds, target = [pred for pred, _ in pairs], [answer for _, answer in pairs]
    metric = exact_match_metric()

    def accuracy(answers: list[str], right: list[str]) -> float:
        return float(metric.aggregate(metric.per_sample(answers, right))["accuracy"])

    n = len(pairs)
    share = target.count("a") / n if n else math.nan
    assert accuracy(preds, target) == pytest.approx(accuracy(preds[::-1], target[::-1]), nan_ok=True)
    assert accuracy(target, target) == pytest.approx(1 if n else math.nan, nan_ok=True)
    assert accuracy(["a"] * n, target) == pytest.approx(share, nan_ok=True)


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="normalize must be one of none, lower_strip"):
        exact_match_metric("lower")
    with pytest.raises(ValueError, match="two lists of the same length"):
        exact_match(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="two lists of the same length"):
        exact_match(["a"], "a")
    with pytest.raises(ValueError, match="sample 1: predictions and answers must be text"):
        exact_match(["a", "b"], ["a", [1]])
