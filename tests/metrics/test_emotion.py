"""Emotion classes beside scikit-learn, and what is no class."""

import math
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbench.metrics.functional import EMOTION_CLASSES, emotion_classification, emotion_classification_metric
from mmbench.metrics.functional import emotion_presence as presence


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_values_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    preds, target = zip(*pairs, strict=True)
    found = emotion_classification(list(preds), list(target), classes=5, without=0)

    def scores(average: str, labels: Any = None) -> tuple[float, float]:
        p, _, f, _ = sklearn.metrics.precision_recall_fscore_support(
            target, preds, average=average, labels=labels, zero_division=0
        )
        return float(p), float(f)

    precision, f1w = scores("weighted")
    rest = [1, 2, 3, 4]
    wanted = {
        "accuracy": sklearn.metrics.accuracy_score(target, preds),
        "balanced_accuracy": sklearn.metrics.recall_score(target, preds, average="macro", labels=sorted(set(target))),
        "precision_w": precision,
        "f1w": f1w,
        "f1_macro": scores("macro")[1],
        "n_unparsed": 0,
        "f1w_without": scores("weighted", rest)[1] if set(target) - {0} else math.nan,
        "f1_micro_without": scores("micro", rest)[1] if {*target, *preds} - {0} else math.nan,
    }
    assert found == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_an_answer_of_no_class_is_wrong_and_counted() -> None:
    found = emotion_classification(["Joy", None, "happy", 9, True, 1.5], ["joy"] * 5 + ["fear"], classes="meld")
    assert found["accuracy"] == pytest.approx(1 / 6)
    assert found["n_unparsed"] == 5


def test_without_classes_they_are_the_labels() -> None:
    found = emotion_classification(["b", "c"], ["a", "b"])
    assert (found["accuracy"], found["n_unparsed"]) == (0, 1)
    assert emotion_classification(np.array([3, 4]), np.array([3, 4]))["f1_macro"] == 1


def test_a_model_that_says_one_class_only_gets_little() -> None:
    target = ["neutral"] * 8 + ["joy", "anger"]
    found = emotion_classification(["neutral"] * 10, target, classes="meld", without="neutral")
    assert found["accuracy"] == 0.8
    assert found["balanced_accuracy"] == pytest.approx(1 / 3)
    assert found["f1w"] == pytest.approx(0.8 * 8 / 9)
    assert (found["f1w_without"], found["f1_micro_without"]) == (0, 0)


def test_an_emotion_that_is_never_there_has_no_weighted_accuracy() -> None:
    found = presence([[1, 1], [-1, 1]], [[1, 0], [0, 0]], classes=("joy", "fear"))
    assert (found["joy/weighted_accuracy"], found["weighted_accuracy"]) == (1, 1)
    assert math.isnan(found["fear/weighted_accuracy"])
    assert (found["fear/accuracy"], found["accuracy"], found["fear/f1w"]) == (0, 0.5, 0)


def test_unknown_classes_are_refused() -> None:
    assert {len(set(names)) == len(names) for names in EMOTION_CLASSES.values()} == {True}
    with pytest.raises(ValueError, match="classes must be one of meld, .*, got 'iemocap5'"):
        emotion_classification(["a"], ["a"], classes="iemocap5")
    with pytest.raises(ValueError, match="must be one or more different names"):
        emotion_classification(["a"], ["a"], classes=("a", "A "))
    with pytest.raises(ValueError, match="without must be one of the classes a, b, got 'c'"):
        emotion_classification_metric(("a", "b"), "c")
    with pytest.raises(ValueError, match="one class per sample is expected"):
        emotion_classification(np.ones((2, 2, 2)), [0, 1], classes=2)
