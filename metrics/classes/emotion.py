"""``EmotionClassification`` and ``EmotionPresence``: accuracy and F1 of named classes over batches and processes."""

from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.emotion import Classes, emotion_classification_metric, emotion_presence_metric

__all__ = ["EmotionClassification", "EmotionPresence"]


class EmotionClassification(SampleMetric):
    """The values of ``emotion_classification``; ``update(preds, target)`` takes what the function takes.

    The states are int64 counts per class.

    Args:
        classes: a name in ``mmbench.metrics.functional.EMOTION_CLASSES``, the names, or how many there are.
        without: a class that the values ending in ``_without`` leave out.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: unknown ``classes`` or ``without``.
    """

    higher_is_better = True

    def __init__(self, classes: Classes, *, without: str | int | None = None, **kwargs: Any) -> None:
        super().__init__(emotion_classification_metric(classes, without), **kwargs)


class EmotionPresence(SampleMetric):
    """The values of ``emotion_presence``; ``update(preds, target)`` takes what the function takes.

    Args:
        classes: as for ``EmotionClassification``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: unknown ``classes``.
    """

    higher_is_better = True

    def __init__(self, classes: Classes, **kwargs: Any) -> None:
        super().__init__(emotion_presence_metric(classes), **kwargs)
