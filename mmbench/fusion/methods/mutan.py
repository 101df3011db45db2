"""MUTAN: a Tucker decomposition of the bilinear map whose core is a sum of products of low rank."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import TANH_GAIN, TANH_VARIANCE, product, projections


class MUTAN(nn.Module):
    """q_m = tanh(W_m h_m + b_m); z = sum_{r=1..R} prod_m (N_m^(r) q_m + c_m^(r)).

    tanh is what the authors' experiments use. All sizes inside are h, and the output layer W_o is the head that all methods share. A
    modality that is missing multiplies by 1.

    Args:
        dims: sizes of the modalities.
        width: size of q_m and of z.
        dropout: of the inputs.
        rank: number of products, R.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0, rank: int = 5) -> None:
        super().__init__()
        self.width, self.rank = width, rank
        self.hidden = projections(dims, width, gain=TANH_GAIN, constant=0.0)
        gain = rank ** (-0.5 / len(dims))  # so that the sum of R products has variance 1
        self.core = projections([width] * len(dims), width * rank, gain=gain)
        with torch.no_grad():
            for weight in self.core.parameters():
                if weight.dim() == 2:
                    weight.div_(TANH_VARIANCE**0.5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        hidden = [torch.tanh(layer(self.dropout(h))) for layer, h in zip(self.hidden, found, strict=True)]
        products = product([layer(q) for layer, q in zip(self.core, hidden, strict=True)], there)
        return products.reshape(-1, self.rank, self.width).sum(1)


def parameters(dims: Sequence[int], width: int, *, rank: int = 5) -> int:
    """Sum of d_m h + h, and M (h h R + h R)."""
    return sum(dim * width + width for dim in dims) + len(dims) * (width * width * rank + width * rank)


FUSION = Fusion(
    name="mutan",
    title="multimodal Tucker fusion (MUTAN)",
    paper="Ben-younes, Cadene, Cord & Thome 2017, arXiv:1705.06676",
    equation="q_m = tanh(W_m h_m + b_m); z = sum_{r=1..R} prod_m (N_m^(r) q_m + c_m^(r))",
    formula="sum_m (d_m h + h) + M (h^2 R + h R)",
    make=MUTAN,
    parameters=parameters,
    knobs={"rank": (5, 10)},
)
