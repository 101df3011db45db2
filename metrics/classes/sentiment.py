"""``SentimentRegression``: error, correlations and polarity over batches and processes."""

from typing import Any, Literal

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.sentiment import sentiment_metric

__all__ = ["SentimentRegression"]


class SentimentRegression(SampleMetric):
    """The values of ``sentiment_regression``; ``update(preds, target)`` takes what the function takes.

    Args:
        convention: as in ``sentiment_regression``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown convention.
    """

    def __init__(self, *, convention: Literal["cmu", "sims", "unit", "mult_compat"], **kwargs: Any) -> None:
        super().__init__(sentiment_metric(convention), **kwargs)
