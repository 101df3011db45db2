"""Classification, tagging and compositional preferences over batches and processes."""

from collections.abc import Sequence
from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.compositional import (
    caption_choice_metric,
    pairwise_preference_metric,
    winoground_scores_metric,
)
from mmbench.metrics.functional.tagging import tagging_scores_metric
from mmbench.metrics.functional.zero_shot import zero_shot_classification_metric

__all__ = ["CaptionChoice", "PairwisePreference", "TaggingScores", "WinogroundScores", "ZeroShotClassification"]


class ZeroShotClassification(SampleMetric):
    """The values of ``zero_shot_classification``; ``update(logits, target)``. The states are sums per class.

    Args:
        n_classes: how many columns the logits have.
        k: as in ``zero_shot_classification``.
        ties: as in ``zero_shot_classification``.
        balanced: also give ``balanced_accuracy``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: unknown ``ties``, or a number below 1.
    """

    higher_is_better = True

    def __init__(
        self, n_classes: int, *, k: Sequence[int] = (1, 5), ties: str = "expected", balanced: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(zero_shot_classification_metric(n_classes, k, ties, balanced), **kwargs)


class TaggingScores(SampleMetric):
    """The values of ``tagging_scores``; ``update(scores, target)``. Scores and targets are kept: an order has no sums.

    Args:
        n_classes: how many labels there are.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: ``n_classes`` below 1.
    """

    higher_is_better = True

    def __init__(self, n_classes: int, **kwargs: Any) -> None:
        super().__init__(tagging_scores_metric(n_classes), **kwargs)


class WinogroundScores(SampleMetric):
    """``text``, ``image`` and ``group``; ``update(scores)`` takes ``(n, 2, 2)``, caption x picture.

    Args:
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(winoground_scores_metric(), **kwargs)


class PairwisePreference(SampleMetric):
    """The mean of ``pairwise_preference``; ``update(positive, negative)``.

    Args:
        ties: as in ``pairwise_preference``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: unknown ``ties``.
    """

    higher_is_better = True

    def __init__(self, ties: str = "strict", **kwargs: Any) -> None:
        super().__init__(pairwise_preference_metric(ties), **kwargs)


class CaptionChoice(SampleMetric):
    """The mean of ``caption_choice``; ``update(scores, target)``, with ``groups`` ``update(scores, target, group)``.

    Args:
        groups: also give the mean over groups, for which every sample is kept.
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, groups: bool = False, **kwargs: Any) -> None:
        super().__init__(caption_choice_metric(groups), **kwargs)
