"""Right answers that count together, by type or in rotations, over batches and processes; MME; MathVista's free answers."""

from collections.abc import Sequence
from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.grouped import circular_accuracy_metric, grouped_accuracy_metric
from mmbench.metrics.functional.math_answers import math_accuracy_metric
from mmbench.metrics.functional.mme import mme_scores_metric

__all__ = ["CircularAccuracy", "GroupedAccuracy", "MathAccuracy", "MmeScores"]


class GroupedAccuracy(SampleMetric):
    """``grouped_accuracy_metric`` over batches; ``update(correct, together, types)``, with what ``all_right`` gave for whole groups.

    Args:
        groups: names of groupings.
        types: the types of question that are reported apart.
        read: how answers were read.
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, groups: Sequence[str] = (), types: Sequence[str] = (), read: str = "", **kwargs: Any) -> None:
        super().__init__(grouped_accuracy_metric(groups, types, read), **kwargs)


class CircularAccuracy(SampleMetric):
    """``circular_accuracy_metric`` over batches; ``update(correct)`` takes the rotations of each question.

    Args:
        read: how answers were read.
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, read: str = "", **kwargs: Any) -> None:
        super().__init__(circular_accuracy_metric(read), **kwargs)


class MmeScores(SampleMetric):
    """``mme_scores_metric`` over batches; ``update(correct, plus, subtasks)``, with what ``all_right`` gave for whole pairs.

    Args:
        read: how answers were read.
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, read: str = "", **kwargs: Any) -> None:
        super().__init__(mme_scores_metric(read), **kwargs)


class MathAccuracy(SampleMetric):
    """``math_accuracy_metric`` over batches; ``update(preds, target, answer_types, precisions)`` takes what the function takes.

    Args:
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(math_accuracy_metric(), **kwargs)
