"""What a task asks of a fusion method: classes or a number, the measure that validation chooses by, and answers that the task can score."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.fusion.blocks import Problem
from mmbench.metrics.functional.emotion import emotion_classification
from mmbench.metrics.functional.sentiment import farthest_label, sentiment_regression
from mmbench.samples import Modality
from mmbench.tasks.base import Ask, Task
from mmbench.tasks.kinds.emotion import EmotionTask
from mmbench.tasks.kinds.sentiment import FoldedRegressionTask, RegressionTask

OF_CLASSES = ("accuracy", "balanced_accuracy", "f1w", "f1_macro")
OF_NUMBERS = ("corr", "mae")
WORKING = "`mmbench list tasks` shows all; easy-vqa.open, cmu-mosi.regression and ur-funny.emotion work."


def ask_of(task: Task) -> Ask:
    """How a fusion method does the task: ``predict``, or where answers are words ``generate``.

    Raises:
        UserError: neither, numbers that mean something else than a class or a label, nothing to learn from, or a judge has to decide.
    """
    known = isinstance(task, EmotionTask | RegressionTask | FoldedRegressionTask)
    if not known and ("predict" in task.asks or "generate" not in task.asks):
        raise UserError(
            f"Fusion methods give a class or a number per sample, and {task.id} asks a model to {task.ask} ({task.kind}): "
            f"choose another task; {WORKING}"
        )
    folds = task.folds if isinstance(task, EmotionTask | FoldedRegressionTask) else 0
    if not folds and not task.training_splits():
        raise UserError(f"{task.id} has no splits to train and to choose on, and fusion methods learn first: {WORKING}")
    if task.judged:
        raise UserError(f"{task.id} needs a judge, and fusion methods are scored by rules: choose another; {WORKING}")
    return "predict" if known else "generate"


def refusal(task: Task) -> str | None:
    """Why fusion methods cannot do a task, as far as that is known without its data; ``None`` where they can."""
    try:
        ask = ask_of(task)
    except UserError as error:
        return str(error)
    shown = task.shows(ask)
    if len(shown) < 2 and Modality.FEATURES not in shown:
        return f"{task.id} shows {', '.join(sorted(shown))} alone, and there is nothing to fuse: {WORKING}"
    if not task.training_splits():
        return f"{task.id} has no rows to learn from: {WORKING}"
    return None


def problem_of(task: Task, train: Iterable[Any]) -> Problem:
    """What is to be predicted.

    Args:
        task: a classification or regression of the catalog's kinds, or one whose answers are words.
        train: the targets of the training rows of all folds; where answers are words, the different ones are the classes.

    Raises:
        UserError: another kind that predicts, a missing target, or nothing to tell apart.
    """
    seen = set(train)
    if None in seen:
        raise UserError(
            f"{task.id} has training rows without a label: fusion methods cannot learn from them; {WORKING}"
        )
    if len(seen) < 2:
        raise UserError(
            f"All training rows of {task.id} have one label ({', '.join(map(repr, seen))}): there is nothing to learn; {WORKING}"
        )
    match task:
        case EmotionTask():
            return Problem(task.classes, task.primary if task.primary in OF_CLASSES else "accuracy")
        case RegressionTask():
            return Problem((), task.primary if task.primary in OF_NUMBERS else "corr", task.convention)
        case FoldedRegressionTask():
            return Problem((), task.primary if task.primary in OF_NUMBERS else "corr", "unit")
    return Problem(tuple(sorted(map(str, seen))), "accuracy")


def targets_of(problem: Problem, targets: Sequence[Any]) -> NDArray[Any]:
    """Targets as arrays: int64 class numbers ``(n,)``, -1 for none of the classes, or float32 values ``(n,)``."""
    if not problem.classes:
        return np.asarray(targets, dtype=np.float32)
    places = {name: place for place, name in enumerate(problem.classes)}
    return np.asarray([places.get(str(target), -1) for target in targets], dtype=np.int64)


def answers(problem: Problem, outputs: NDArray[Any], ask: Ask) -> NDArray[np.float64] | list[str | None]:
    """What a model gave, as the values of ``mmbench.tasks.base.Output``.

    Args:
        problem: says what the columns are.
        outputs: floats ``(n, outputs)``.
        ask: how the task asks.

    Returns:
        for ``generate`` the name of the best class per row, ``None`` where a number is not finite; else float64 ``(n, outputs)``.
    """
    given = np.asarray(outputs, dtype=np.float64)
    if ask != "generate":
        return given
    usable = np.asarray(np.isfinite(given).all(axis=1))
    best = np.where(usable[:, None], given, 0.0).argmax(axis=1)
    return [problem.classes[place] if good else None for place, good in zip(best.tolist(), usable, strict=True)]


def value(problem: Problem, outputs: NDArray[Any], targets: NDArray[Any]) -> float:
    """The measure on some rows, by ``mmbench.metrics.functional``.

    Args:
        problem: names the measure.
        outputs: floats ``(n, outputs)``. A row with a number that is not finite is wrong, of numbers by the farthest label.
        targets: as ``Block.targets``; -1 is a class of its own, which no output can name.

    Returns:
        the value; NaN where it is undefined (a correlation with a constant).
    """
    given = np.asarray(outputs, dtype=np.float64)
    if not problem.classes:
        wanted = np.asarray(targets, dtype=np.float64)
        wrong = farthest_label(wanted, convention=problem.convention)
        numbers = np.where(np.isfinite(given[:, 0]), given[:, 0], wrong)
        return sentiment_regression(numbers, wanted, convention=problem.convention)[problem.measure]
    k = len(problem.classes)
    if (targets < 0).any():
        below = np.nextafter(given.min(axis=1, keepdims=True), -np.inf)
        given, targets, k = np.concatenate([given, below], axis=1), np.where(targets < 0, k, targets), k + 1
    return emotion_classification(given, targets, classes=k)[problem.measure]
