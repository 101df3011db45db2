"""``ModalityGap``, ``Alignment`` and ``Uniformity`` over batches and processes."""

from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.geometry import alignment_metric, modality_gap_metric, uniformity_metric

__all__ = ["Alignment", "ModalityGap", "Uniformity"]


class ModalityGap(SampleMetric):
    """``modality_gap`` of pairs; ``update(x, y)``. The embeddings are kept.

    Args:
        width: of the embeddings.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: ``width`` below 1.
    """

    higher_is_better = False

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(modality_gap_metric(width), **kwargs)


class Alignment(SampleMetric):
    """The mean of ``alignment``; ``update(x, y)`` takes pairs.

    Args:
        alpha: as in ``alignment``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: ``alpha`` out of range.
    """

    higher_is_better = False

    def __init__(self, alpha: float = 2.0, **kwargs: Any) -> None:
        super().__init__(alignment_metric(alpha), **kwargs)


class Uniformity(SampleMetric):
    """``uniformity``; ``update(x)``. The embeddings are kept.

    Args:
        width: of the embeddings.
        t: as in ``uniformity``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: ``width`` below 1, or ``t`` out of range.
    """

    higher_is_better = False

    def __init__(self, width: int, t: float = 2.0, **kwargs: Any) -> None:
        super().__init__(uniformity_metric(width, t), **kwargs)
