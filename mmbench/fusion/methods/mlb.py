"""Multimodal low-rank bilinear pooling: the product of one tanh layer per modality."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import TANH_GAIN, product, projections


class MLB(nn.Module):
    """z = tanh(W_1 h_1 + b_1) * ... * tanh(W_M h_M + b_M).

    The paper's output layer W_o is the head that all methods share. A modality that is missing multiplies by 1.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = projections(dims, width, gain=TANH_GAIN)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        factors = [torch.tanh(layer(self.dropout(h))) for layer, h in zip(self.hidden, found, strict=True)]
        return product(factors, there)


def parameters(dims: Sequence[int], width: int) -> int:
    """Sum of d_m h + h."""
    return sum(dim * width + width for dim in dims)


FUSION = Fusion(
    name="mlb",
    title="multimodal low-rank bilinear pooling (MLB)",
    paper="Kim, On, Lim, Kim, Ha & Zhang 2017, arXiv:1610.04325",
    equation="z = prod_m tanh(W_m h_m + b_m)",
    formula="sum_m (d_m h + h)",
    make=MLB,
    parameters=parameters,
)
