"""What torchmetrics leaves to its subclasses: list states that also work on a process that saw no data."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torchmetrics import Metric


def fill_empty(metric: Metric, dtypes: Mapping[str, torch.dtype]) -> None:
    """Give every empty list state one empty tensor of its dtype, so that a process without data joins the gather.

    Without it the others wait for a tensor that never comes (Lightning-AI/torchmetrics#2463).
    """
    for name, dtype in dtypes.items():
        state = getattr(metric, name)
        if isinstance(state, list) and not state:
            state.append(torch.empty(0, dtype=dtype, device=metric.device))


def joined(state: Any, dtype: torch.dtype) -> torch.Tensor:
    """A one-dimensional ``cat`` state as one tensor, whether it is still a list, already gathered, or empty."""
    parts = [state] if isinstance(state, torch.Tensor) else list(state)
    return torch.cat(parts) if parts else torch.empty(0, dtype=dtype)


def warn_if_empty(metric: Metric, n: int) -> None:
    """Say that the result is NaN because there were no samples; if there was no update either, torchmetrics says it."""
    if n == 0 and metric.update_called:
        warnings.warn(
            f"{type(metric).__name__}.compute() saw no samples: the result is NaN.", UserWarning, stacklevel=3
        )


def as_tensors(values: Mapping[str, float], device: torch.device) -> dict[str, torch.Tensor]:
    """A metric's values as float64 scalars."""
    return {key: torch.tensor(value, dtype=torch.float64, device=device) for key, value in values.items()}
