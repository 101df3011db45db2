"""The tensor fusion network: one hidden layer on the outer product of all modalities, each with a 1 appended."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import scaled


class TFN(nn.Module):
    """z = ReLU(W vec([1; R_1 h_1] x ... x [1; R_M h_M]) + b), x the outer product.

    A linear layer R_m brings each modality to r_m numbers, as many as keep the outer product within ``product`` numbers. A modality
    that is missing is [1; 0]: what the others tell among themselves stays.

    Args:
        dims: sizes of the modalities.
        width: of the hidden layer.
        dropout: of the inputs.
        product: the most numbers that the outer product may have.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0, product: int = 256) -> None:
        super().__init__()
        sizes = reduced(dims, product)
        self.reduce = nn.ModuleList(scaled(dim, size, constant=0.0) for dim, size in zip(dims, sizes, strict=True))
        self.hidden = scaled(_outer(sizes), width, gain=2**0.5, constant=0.0)  # half of it passes the ReLU
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        outer = found[0].new_ones(len(found[0]), 1)
        for m, (layer, values) in enumerate(zip(self.reduce, found, strict=True)):
            small = layer(self.dropout(values)).masked_fill(~there[:, m, None], 0.0)
            extended = torch.cat([small.new_ones(len(small), 1), small], 1)
            outer = (outer.unsqueeze(2) * extended.unsqueeze(1)).flatten(1)
        return torch.relu(self.hidden(outer))


def reduced(dims: Sequence[int], product: int) -> list[int]:
    """The sizes r_m: from 1 on the smallest grows, up to d_m, while the product of r_m + 1 is within ``product``."""
    sizes = [1] * len(dims)
    while True:
        can = [
            m
            for m, dim in enumerate(dims)
            if sizes[m] < dim and _outer(sizes) // (sizes[m] + 1) * (sizes[m] + 2) <= product
        ]
        if not can:
            return sizes
        sizes[min(can, key=lambda m: sizes[m])] += 1


def _outer(sizes: Sequence[int]) -> int:
    return prod(size + 1 for size in sizes)


def parameters(dims: Sequence[int], width: int, *, product: int = 256) -> int:
    """Sum of d_m r_m + r_m, and prod (r_m + 1) h + h."""
    sizes = reduced(dims, product)
    return sum(dim * size + size for dim, size in zip(dims, sizes, strict=True)) + _outer(sizes) * width + width


FUSION = Fusion(
    name="tfn",
    title="tensor fusion network (TFN)",
    paper="Zadeh, Chen, Poria, Cambria & Morency 2017, arXiv:1707.07250",
    equation="z = ReLU(W vec([1; R_1 h_1] x ... x [1; R_M h_M]) + b)",
    formula="sum_m (d_m r_m + r_m) + prod_m (r_m + 1) h + h",
    make=TFN,
    parameters=parameters,
    knobs={"product": (64, 256, 1024)},
)
