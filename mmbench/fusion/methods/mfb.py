"""Multimodal factorised bilinear pooling: products of linear layers, summed in groups, then power- and length-normalised."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import product, projections

EPSILON = 1e-10  # the slope of the signed root at 0 is 1 / sqrt(EPSILON), not infinite


class MFB(nn.Module):
    """s_i = sum of the k products prod_m (W_m h_m + b_m) of group i; z = sqrt(h) l2(sign(s) sqrt|s|).

    The paper's next layer is the head that all methods share. The constant sqrt(h) gives the entries of z a mean square of 1, so that the
    head learns at the pace of the other methods. A modality that is missing multiplies by 1.

    Args:
        dims: sizes of the modalities.
        width: number of groups.
        dropout: of the products, as in the paper.
        factor: products per group, k.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0, factor: int = 2) -> None:
        super().__init__()
        self.width, self.factor = width, factor
        self.hidden = projections(dims, width * factor)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        products = product([layer(values) for layer, values in zip(self.hidden, found, strict=True)], there)
        pooled: Tensor = self.dropout(products).reshape(-1, self.width, self.factor).sum(2)
        rooted = pooled / (pooled.abs() + EPSILON).sqrt()
        scale: float = self.width**0.5
        return functional.normalize(rooted, dim=1) * scale


def parameters(dims: Sequence[int], width: int, *, factor: int = 2) -> int:
    """Sum of (d_m + 1) h k."""
    return sum((dim + 1) * width * factor for dim in dims)


FUSION = Fusion(
    name="mfb",
    title="multimodal factorised bilinear pooling (MFB)",
    paper="Yu, Yu, Fan & Tao 2017, arXiv:1708.01471",
    equation="s = SumPool_k(prod_m (W_m h_m + b_m)); z = sqrt(h) l2(sign(s) sqrt|s|)",
    formula="sum_m (d_m + 1) h k",
    make=MFB,
    parameters=parameters,
    knobs={"factor": (2, 5)},
)
