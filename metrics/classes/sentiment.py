"""``SentimentRegression``: error, correlations and polarity over batches and processes."""

from typing import Any

import torch
from torchmetrics import Metric

from mmbench.metrics._inputs import to_numpy
from mmbench.metrics.classes._states import as_tensors, fill_empty, joined, warn_if_empty
from mmbench.metrics.functional.sentiment import sentiment_metric

__all__ = ["SentimentRegression"]

_STATES = {"sentiment_preds": torch.float64, "sentiment_target": torch.float64}


class SentimentRegression(Metric):
    """The values of ``sentiment_regression`` over all batches; predictions and labels are kept, which the ranks need.

    Do not call ``forward``: it copies every kept tensor at each step.

    Args:
        convention: as in ``sentiment_regression``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown convention.
    """

    full_state_update = False
    is_differentiable = False
    sentiment_preds: list[torch.Tensor]
    sentiment_target: list[torch.Tensor]

    def __init__(self, *, convention: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._spec = sentiment_metric(convention)
        for name in _STATES:
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(self, preds: Any, target: Any) -> None:
        """Add ``(n,)`` predictions and labels, checked as in ``sentiment_regression``."""
        arrays = self._spec.per_sample(preds, target)
        self.sentiment_preds.append(torch.from_numpy(arrays["prediction"]).to(self.device))
        self.sentiment_target.append(torch.from_numpy(arrays["target"]).to(self.device))

    def compute(self) -> dict[str, torch.Tensor]:
        """A float64 scalar per key; NaN where undefined."""
        preds, target = (to_numpy(joined(getattr(self, name), dtype)) for name, dtype in _STATES.items())
        warn_if_empty(self, len(preds))
        return as_tensors(self._spec.aggregate(self._spec.per_sample(preds, target)), self.device)

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather from all processes, those without data included."""
        fill_empty(self, _STATES)
        super().sync(*args, **kwargs)
