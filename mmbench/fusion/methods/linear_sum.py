"""The sum of one hidden layer per modality."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors


class LinearSum(nn.Module):
    """z = sum over the modalities that are there of ReLU(W_m h_m + b_m)."""

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(dim, width) for dim in dims)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        hidden = [torch.relu(layer(self.dropout(values))) for layer, values in zip(self.hidden, found, strict=True)]
        return torch.stack(hidden, 1).masked_fill(~there.unsqueeze(-1), 0.0).sum(1)


def parameters(dims: Sequence[int], width: int) -> int:
    """Sum of d_m h + h."""
    return sum(dim * width + width for dim in dims)


FUSION = Fusion(
    name="linear-sum",
    title="linear sum",
    paper="none: a usual baseline; as LinearSum beside Ben-younes et al. 2019, arXiv:1902.00038",
    equation="z = sum_m ReLU(W_m h_m + b_m)",
    formula="sum_m (d_m h + h)",
    make=LinearSum,
    parameters=parameters,
    additive=True,
)
