"""Concatenation, and one hidden layer on it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors


class Concat(nn.Module):
    """z = ReLU(W [h_1; ...; h_M] + b)."""

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = nn.Linear(sum(dims), width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, _ = vectors(inputs, masks)
        return torch.relu(self.hidden(self.dropout(torch.cat(found, 1))))


def parameters(dims: Sequence[int], width: int) -> int:
    """(sum of d_m) h + h."""
    return sum(dims) * width + width


FUSION = Fusion(
    name="concat",
    title="concatenation",
    paper="none: the usual baseline",
    equation="z = ReLU(W [h_1; ...; h_M] + b)",
    formula="(sum_m d_m) h + h",
    make=Concat,
    parameters=parameters,
)
