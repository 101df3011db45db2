"""Measures and answers: against scikit-learn and NumPy, with classes that training does not have and numbers that are not finite."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from mmbench.errors import UserError
from mmbench.fusion.blocks import Problem
from mmbench.fusion.data.problems import answers, problem_of, targets_of, value
from tests.fusion.small_tasks import CLASSES, classes, numbers, words

RNG = np.random.default_rng(0)
FOUR = ("1", "2", "3", "4")  # names that look like numbers are names
REFERENCES: dict[str, Any] = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "f1w": lambda right, said: f1_score(right, said, average="weighted", zero_division=0),
    "f1_macro": lambda right, said: f1_score(right, said, average="macro", zero_division=0),
}


@pytest.mark.parametrize("measure", list(REFERENCES))
@pytest.mark.parametrize("unknown", [False, True])
def test_measures_of_classes_are_scikit_learns(measure: str, unknown: bool) -> None:
    outputs, targets = RNG.normal(size=(60, 4)), RNG.integers(0, 4, 60)
    if unknown:
        targets[:7] = -1
    found = value(Problem(FOUR, measure), outputs, targets)
    assert found == pytest.approx(REFERENCES[measure](targets, outputs.argmax(1)), abs=1e-12)


def test_equal_scores_share_the_answer_and_never_name_an_unknown_class() -> None:
    assert value(Problem(FOUR, "accuracy"), np.zeros((8, 4)), np.asarray([0, 1, 2, 3, -1, -1, -1, -1])) == 1 / 8
    assert value(Problem(FOUR, "accuracy"), np.full((2, 4), 1e300), np.asarray([-1, 0])) == 1 / 8


def test_rows_that_are_not_finite_are_wrong() -> None:
    outputs = np.eye(4)
    outputs[1, 1], outputs[2] = np.inf, np.nan
    for targets in ([0, 1, 2, 3], [0, 1, 2, -1]):
        right = 2 - (targets[3] == -1)
        assert value(Problem(FOUR, "accuracy"), outputs, np.asarray(targets)) == right / 4


def test_measures_of_numbers() -> None:
    outputs, targets = RNG.normal(size=(50, 1)), np.clip(RNG.normal(size=50), -3, 3).astype(np.float32)
    wanted = np.abs(outputs[:, 0] - targets).mean()
    assert value(Problem((), "mae", "cmu"), outputs, targets) == pytest.approx(wanted)
    wanted = np.corrcoef(outputs[:, 0], targets)[0, 1]
    assert value(Problem((), "corr", "cmu"), outputs, targets) == pytest.approx(wanted)
    assert np.isnan(value(Problem((), "corr", "unit"), np.ones((3, 1)), np.asarray([0.1, 0.2, 0.3])))
    outputs[3] = np.nan
    expected = np.abs(np.delete(outputs[:, 0] - targets, 3)).sum() + 3 + abs(float(targets[3]))
    assert value(Problem((), "mae", "cmu"), outputs, targets) == pytest.approx(expected / 50)


def test_answers_are_what_the_task_asks_for() -> None:
    outputs = np.asarray([[0.1, 0.9], [np.nan, 1], [2, 1]], dtype=np.float32)
    assert answers(Problem(CLASSES, "f1w"), outputs, "generate") == ["up", None, "down"]
    found = answers(Problem(CLASSES, "f1w"), outputs, "predict")
    assert isinstance(found, np.ndarray)
    assert (found.shape, str(found.dtype)) == ((3, 2), "float64")


@pytest.mark.parametrize(
    ("task", "train", "wanted"),
    [
        (classes(), ["up", "down"], Problem(CLASSES, "f1w")),
        (classes(primary="balanced_accuracy"), ["up", "down"], Problem(CLASSES, "balanced_accuracy")),
        (classes(primary="precision_w"), ["up", "down"], Problem(CLASSES, "accuracy")),
        (numbers(), [0.5, 1], Problem((), "corr", "cmu")),
        (numbers(primary="acc7_round", convention="sims"), [0.5, 1], Problem((), "corr", "sims")),
        (words(), ["yes", "no", "no", "blue"], Problem(("blue", "no", "yes"), "accuracy")),
    ],
)
def test_the_problem_of_a_task(task: Any, train: list[Any], wanted: Problem) -> None:
    assert problem_of(task, train) == wanted


def test_training_rows_without_a_label_are_refused() -> None:
    with pytest.raises(UserError, match="small.open has training rows without a label"):
        problem_of(words(), ["yes", None, "no"])


def test_targets_are_class_numbers_or_values() -> None:
    found = targets_of(Problem(CLASSES, "f1w"), ["up", "sideways", "down"])
    assert (found.dtype, found.tolist()) == (np.dtype(np.int64), [1, -1, 0])
    assert targets_of(Problem((), "mae", "cmu"), [1, -0.5]).dtype == np.float32
