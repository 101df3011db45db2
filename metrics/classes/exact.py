"""``ExactMatch``: the share of answers that equal an accepted one."""

from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.exact import exact_match_metric

__all__ = ["ExactMatch"]


class ExactMatch(SampleMetric):
    """Accuracy of ``exact_match`` over batches and processes; ``update(preds, target)`` takes what the function takes.

    Args:
        normalize: a name in ``mmbench.metrics.functional.NORMALIZERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``normalize``.
    """

    higher_is_better = True

    def __init__(self, normalize: str = "lower_strip", **kwargs: Any) -> None:
        super().__init__(exact_match_metric(normalize), **kwargs)
