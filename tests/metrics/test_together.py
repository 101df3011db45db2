"""Answers that count together, MathVista's values, ties among classes: worked out by hand, with planted faults."""

from typing import Any

import numpy as np
import pytest

from mmbench.metrics.functional import (
    all_right,
    circular_accuracy_metric,
    emotion_classification,
    grouped_accuracy_metric,
    math_accuracy,
    math_answer,
    mme_scores_metric,
    word_error_rate,
)


def test_a_group_is_right_if_all_of_it_is() -> None:
    found = all_right([1, 1, 0, np.nan, 1], ["a", "b", "a", "c", "b"])
    np.testing.assert_array_equal(found, [0, 1, np.nan, 0, np.nan])
    metric = grouped_accuracy_metric(("figure",))
    assert metric.aggregate(metric.per_sample([1, 1, 0, np.nan, 1], found[:, None])) == {
        "accuracy": 0.6,
        "figure": pytest.approx(1 / 3),
        "unparsed": 1.0,
    }
    with pytest.raises(ValueError, match="the length of correct, got 1 and 2"):
        all_right([1, 1], ["a"])


def test_weights_of_whole_clusters_keep_groups_whole() -> None:
    """What a bootstrap does: a set drawn twice counts twice, in every key."""
    correct = np.asarray([1.0, 1.0, 0.0, 1.0])
    metric = grouped_accuracy_metric(("pair",))
    arrays = metric.per_sample(correct, all_right(correct, ["a", "a", "b", "b"])[:, None])
    assert metric.aggregate(arrays, np.asarray([2.0, 2.0, 1.0, 1.0])) == {
        "accuracy": 5 / 6,
        "pair": pytest.approx(2 / 3),
        "unparsed": 0,
    }


def test_mme_sums_accuracy_and_accuracy_plus_over_subtasks() -> None:
    names = [
        *("existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR")
    ]
    names += ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"]
    subtasks = [name for name in names for _ in range(4)]
    correct = np.ones(56)
    correct[0], correct[55] = 0, np.nan  # one pair of existence, one of code reasoning
    plus = all_right(correct, [number // 2 for number in range(56)])
    metric = mme_scores_metric()
    found = metric.aggregate(metric.per_sample(correct, plus, subtasks))
    assert found["perception"] == pytest.approx(9 * 200 + 75 + 50)
    assert found["cognition"] == pytest.approx(3 * 200 + 75 + 50)
    assert (found["accuracy"], found["accuracy_plus"], found["unparsed"]) == (54 / 56, 26 / 28, 1)
    part = metric.aggregate(metric.per_sample(correct[:4], plus[:4], subtasks[:4]))
    assert np.isnan(part["perception"])  # a sum over subtasks that were not asked


def test_circular_counts_unread_rotations_and_takes_the_first_as_it_is() -> None:
    metric = circular_accuracy_metric()
    arrays = metric.per_sample([[1, 1, 1], [1, np.nan], [0, 1]])
    assert {name: values.tolist() for name, values in arrays.items()} == {
        "circular": [1, 0, 0],
        "accuracy": [1, 1, 0],
        "unparsed": [0, 1, 0],
    }


@pytest.mark.parametrize(
    ("text", "kind", "digits", "value"),
    [
        ("7.9", "integer", None, "7"),
        ("1,204", "integer", None, "1204"),
        ("1.25", "float", 1.0, "1.2"),
        ("1.2", "float", 2.0, "1.2"),
        ("about 3", "float", 1.0, None),
        ("inf", "integer", None, None),
        ("[1, 2]", "list", None, "[1, 2]"),
        ("(1, 2)", "list", None, "[1, 2]"),
        ("1, x", "list", None, None),
        ("  145° ", "text", None, "145°"),
        ("", "text", None, None),
    ],
)
def test_a_free_answer_is_compared_as_a_value_of_its_type(
    text: str, kind: str, digits: float | None, value: str | None
) -> None:
    assert math_answer(text, kind, digits) == value


def test_math_accuracy_tells_wrong_from_unread() -> None:
    found = math_accuracy(["7.2", "8", "seven", None], ["7"] * 4, ["integer"] * 4, [None] * 4)
    np.testing.assert_array_equal(found, [1, 0, np.nan, np.nan])


def test_equal_scores_of_classes_share_the_answer() -> None:
    classes, target = ("a", "b", "c"), ["a", "a", "b", "c", "c", "c"]
    constant = emotion_classification(np.zeros((6, 3)), target, classes=classes)
    assert constant["accuracy"] == constant["balanced_accuracy"] == pytest.approx(1 / 3)
    orders: list[dict[str, Any]] = [emotion_classification([name] * 6, target, classes=classes) for name in classes]
    assert constant["accuracy"] == pytest.approx(
        np.mean([one["accuracy"] for one in orders])
    )  # the expectation over all orders
    sharp = np.eye(3)[[0, 0, 1, 2, 2, 0]]
    assert emotion_classification(sharp, target, classes=classes) == emotion_classification(
        ["a", "a", "b", "c", "c", "a"], target, classes=classes
    )
    broken = sharp.copy()
    broken[0] = np.nan
    assert emotion_classification(broken, target, classes=classes)["n_unparsed"] == 1
    with pytest.raises(ValueError, match="scores must have 3 columns, one per class, got 2"):
        emotion_classification(np.zeros((6, 2)), target, classes=classes)


def test_marks_that_are_vowels_stay_where_they_are_asked_to() -> None:
    said, wrote = "नमस्ते दुनिया", "नमस्ते, दुनिया!"
    assert word_error_rate([wrote], [said], normalizer="basic_with_marks") == 0
    assert word_error_rate(["नमस्त दुनय"], [said], normalizer="basic_with_marks") == 1  # both words lack a vowel
