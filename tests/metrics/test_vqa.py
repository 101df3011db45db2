"""VQA accuracy: the quirks of each protocol, worked out by hand, and leaving one annotator out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbench.metrics.functional import (
    vqa_accuracy,
    vqa_accuracy_metric,
    vqa_answer,
    vqa_question_types,
)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=10), st.sampled_from("abcd"))
def test_each_annotator_is_left_out_once(answers: list[str], pred: str) -> None:
    target = [f"{answer}x" for answer in answers]
    others = [[a for j, a in enumerate(target) if j != i] for i in range(len(target))]
    wanted = np.mean([min(1, rest.count(f"{pred}x") / 3) for rest in others])
    for protocol in ("vqav2", "textvqa", "vizwiz"):
        assert vqa_accuracy([f"{pred}x"], [target], protocol=protocol) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("text", "vqav2", "textvqa"),
    [
        ("The 3.5 dogs.", "3.5 dogs", "3.5 dogs"),
        ("3.", "3", "3"),
        ("." * 40, "." * 8, "." * 8),
        ("none", "0", "0"),
        ("a", "", ""),
        ("4,000 red-blue", "4000 redblue", "4000 red blue"),
        ("red-blue", "red blue", "red blue"),
        ("red - blue", "red blue", "red blue"),
        ("what?no", "what no", "whatno"),
        ("Im here, dont", "im here don't", "im here don't"),
        ("somebody'd", "somebodyd", "somebodyd"),
        ("dog's", "dog's", "dog 's"),
        ("Ten men", "10 men", "10 men"),
    ],
)
def test_answers_are_rewritten_with_the_official_quirks(text: str, vqav2: str, textvqa: str) -> None:
    assert vqa_answer(text, protocol="vqav2") == vqav2
    assert vqa_answer(text, protocol="textvqa") == textvqa


def test_the_protocols_differ_where_they_say() -> None:
    def score(pred: str, answers: list[str]) -> list[float]:
        return [float(vqa_accuracy([pred], [answers], protocol=name)[0]) for name in ("vqav2", "textvqa", "vizwiz")]

    assert score("Yes", ["yes"] * 10) == [0, 1, 1]  # all agree, so that VQA v2 rewrites nothing
    assert score("Yes", ["yes"] * 9 + ["no"]) == [1, 1, 1]
    assert score("yes", ["Yes."] * 9 + ["no"]) == [1, 1, 0]  # VizWiz leaves the annotators' answers as they are
    assert score("dont", ["don't"] * 9 + ["no"]) == [1, 1, 0]  # and has curly apostrophes
    assert score(" a\tb\n", ["a b"] * 10) == [1, 1, 0]


def test_a_failed_answer_scores_nothing() -> None:
    assert vqa_accuracy([None, ""], [["", ""], [""] * 4], protocol="vqav2").tolist() == [0, 1]


def test_a_type_without_questions_is_undefined() -> None:
    metric = vqa_accuracy_metric("vqav2", by="answer_type")
    values = metric.aggregate(metric.per_sample(["2", "x"], [["2"] * 10] * 2, ["number", "other"]))
    assert values == pytest.approx(
        {"accuracy": 0.5, "accuracy/yes/no": np.nan, "accuracy/number": 1, "accuracy/other": 0}, nan_ok=True
    )
    with pytest.raises(ValueError, match="types must have the length of preds, got 1 and 2"):
        metric.per_sample(["2", "x"], [["2"] * 10] * 2, ["number"])


def test_a_question_is_of_the_longest_beginning_it_has() -> None:
    questions = ["What color is the dog?", "what colors are there", "Whatever?", " Is this a cat"]
    assert vqa_question_types(questions) == ["what color is the", "what", "none of the above", "is this a"]


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="protocol must be one of vqav2, textvqa, vizwiz, got 'vqa'"):
        vqa_accuracy(["a"], [["a"]], protocol="vqa")
    with pytest.raises(ValueError, match="by must be one of answer_type, question_type or None, got 'image'"):
        vqa_accuracy_metric("vqav2", by="image")
