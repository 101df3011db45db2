"""``SampleMetric``: any ``Metric`` whose samples are scored one by one, as a ``torchmetrics.Metric``."""

import re
from typing import Any

import torch
import torchmetrics

from mmbench.files import digest
from mmbench.metrics._inputs import to_numpy
from mmbench.metrics.classes._states import as_tensors, fill_empty, joined, warn_if_empty
from mmbench.metrics.spec import Metric

_DTYPES = {int: torch.int64, float: torch.float64}


class SampleMetric(torchmetrics.Metric):
    """The values of ``spec`` over batches and processes.

    Where sums suffice, the states are one int64 or float64 number per sum; else the per-sample arrays are kept, and
    ``forward``, which copies every kept tensor at each step, is best left alone. The names of the states hold the
    metric's signature, because a ``MetricCollection`` shares the states of metrics that are equal after the first batch.

    Args:
        spec: what is computed.
        **kwargs: for ``torchmetrics.Metric``.
    """

    full_state_update = False
    is_differentiable = False

    def __init__(self, spec: Metric, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._spec = spec
        prefix = f"{spec.name}_{digest(spec.signature)[:8]}"
        self._n = f"{prefix}_samples"
        self._names = {name: f"{prefix}_{re.sub(r'[^A-Za-z0-9]', '_', name)}" for name in spec.kept or spec.totals}
        self._kept = dict.fromkeys(self._names.values(), torch.float64) if spec.kept else {}
        self.add_state(self._n, default=torch.tensor(0, dtype=torch.int64), dist_reduce_fx="sum")
        for name, state in self._names.items():
            if spec.kept:
                self.add_state(state, default=[], dist_reduce_fx="cat")
            else:
                zero = torch.tensor(0, dtype=_DTYPES[spec.totals[name]])
                self.add_state(state, default=zero, dist_reduce_fx="sum")

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add samples, given and checked as in the metric's function."""
        arrays = self._spec.per_sample(*args, **kwargs)
        values = arrays if self._spec.kept else self._spec.sums(arrays)
        n = len(next(iter(arrays.values())))
        setattr(self, self._n, getattr(self, self._n) + n)
        for name, state in self._names.items():
            if self._spec.kept:  # flat, so that a process without data needs no shape to join
                getattr(self, state).append(torch.from_numpy(values[name].reshape(-1)).to(self.device))
            else:
                total = self._spec.totals[name](values[name].sum())
                setattr(self, state, getattr(self, state) + total)

    def compute(self) -> Any:
        """A float64 scalar, or a dict of them where there are several keys; NaN where undefined."""
        n = int(getattr(self, self._n))
        warn_if_empty(self, n)
        found = as_tensors(self._aggregate(n), self.device)
        return found if len(found) > 1 else next(iter(found.values()))

    def _aggregate(self, n: int) -> dict[str, float]:
        if self._spec.kept:
            shapes = self._spec.kept
            states = {name: joined(getattr(self, state), torch.float64) for name, state in self._names.items()}
            return self._spec.aggregate({name: to_numpy(x).reshape(n, *shapes[name]) for name, x in states.items()})
        totals = {name: to_numpy(getattr(self, state)).astype("float64") for name, state in self._names.items()}
        values = self._spec.from_sums(totals)
        return {key: float(values[key]) for key in self._spec.keys}

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather from all processes, those without data included."""
        fill_empty(self, self._kept)
        super().sync(*args, **kwargs)
