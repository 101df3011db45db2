"""``WordErrorRate`` and ``CharacterErrorRate``: errors per word or character of the references."""

from typing import Any

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.speech import character_error_rate_metric, word_error_rate_metric

__all__ = ["CharacterErrorRate", "WordErrorRate"]


class WordErrorRate(SampleMetric):
    """``wer`` and ``n_empty`` over batches and processes; ``update(preds, target)`` takes what the function takes.

    The states are int64 counts, exact at any size.

    Args:
        normalizer: a name in ``mmbench.metrics.functional.SPEECH_NORMALIZERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``normalizer``.
    """

    higher_is_better = False

    def __init__(self, normalizer: str = "none", **kwargs: Any) -> None:
        super().__init__(word_error_rate_metric(normalizer), **kwargs)


class CharacterErrorRate(SampleMetric):
    """``cer`` and ``n_empty`` over batches and processes; as ``WordErrorRate`` in all else.

    Args:
        normalizer: a name in ``mmbench.metrics.functional.SPEECH_NORMALIZERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``normalizer``.
    """

    higher_is_better = False

    def __init__(self, normalizer: str = "none", **kwargs: Any) -> None:
        super().__init__(character_error_rate_metric(normalizer), **kwargs)
