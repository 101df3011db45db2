"""``ExactMatch``: the share of answers that equal an accepted one."""

from collections.abc import Sequence
from typing import Any

import torch
from torchmetrics import Metric

from mmbench.metrics.classes._states import warn_if_empty
from mmbench.metrics.functional.exact import exact_match, exact_match_metric

__all__ = ["ExactMatch"]


class ExactMatch(Metric):
    """Accuracy of ``exact_match`` over batches and processes.

    The states are two int64 counts whose names hold the normalisation, because a ``MetricCollection`` shares the states
    of metrics that are equal after the first batch.

    Args:
        normalize: a name in ``mmbench.metrics.functional.NORMALIZERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``normalize``.
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True

    def __init__(self, normalize: str = "lower_strip", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        exact_match_metric(normalize)  # refuses an unknown name
        self.normalize = normalize
        self._correct, self._total = f"exact_match_{normalize}_correct", f"exact_match_{normalize}_total"
        for name in (self._correct, self._total):
            self.add_state(name, default=torch.tensor(0, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, preds: Sequence[str | None], target: Sequence[str | Sequence[str]]) -> None:
        """Add ``n`` answers and what is accepted for them, as in ``exact_match``."""
        scores = exact_match(preds, target, normalize=self.normalize)
        setattr(self, self._correct, getattr(self, self._correct) + int(scores.sum()))
        setattr(self, self._total, getattr(self, self._total) + len(scores))

    def compute(self) -> torch.Tensor:
        """The accuracy, a float64 scalar; NaN over no answers."""
        total = getattr(self, self._total)
        warn_if_empty(self, int(total))
        accuracy: torch.Tensor = getattr(self, self._correct).double() / total
        return accuracy
