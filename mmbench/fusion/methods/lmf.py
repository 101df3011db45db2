"""Low-rank multimodal fusion: the weight of a tensor fusion as a sum of products of one factor per modality."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import scaled_


class LMF(nn.Module):
    """z_k = sum_r w_r prod_m ([1; h_m]^T F_m^(r))_k + b_k.

    The factors, the weights w of the ranks and the bias b are all parameters. A modality that is missing is [1; 0].

    Args:
        dims: sizes of the modalities.
        width: size of z.
        dropout: of the inputs.
        rank: number of factors r.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0, rank: int = 4) -> None:
        super().__init__()
        self.factors = nn.ParameterList(torch.empty(rank, dim + 1, width) for dim in dims)
        self.weights = nn.Parameter(torch.empty(rank))
        self.bias = nn.Parameter(torch.zeros(width))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            for dim, factor in zip(dims, self.factors, strict=True):
                scaled_(factor[:, 1:], factor[:, :1], dim)
        nn.init.normal_(self.weights, std=rank**-0.5)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, _ = vectors(inputs, masks)
        total = self.weights.view(-1, 1, 1)
        for values, factor in zip(found, self.factors, strict=True):
            total = total * (self.dropout(values) @ factor[:, 1:] + factor[:, :1])  # (rank, B, width)
        return total.sum(0) + self.bias


def parameters(dims: Sequence[int], width: int, *, rank: int = 4) -> int:
    """Sum of r (d_m + 1) h, and r + h."""
    return sum(rank * (dim + 1) * width for dim in dims) + rank + width


FUSION = Fusion(
    name="lmf",
    title="low-rank multimodal fusion (LMF)",
    paper="Liu, Shen, Lakshminarasimhan, Liang, Zadeh & Morency 2018, arXiv:1806.00064",
    equation="z_k = sum_r w_r prod_m ([1; h_m]^T F_m^(r))_k + b_k",
    formula="sum_m r (d_m + 1) h + r + h",
    make=LMF,
    parameters=parameters,
    knobs={"rank": (2, 4, 8)},
)
