"""FiLM: a modality scales and shifts the features of another."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors


class FiLM(nn.Module):
    """z = W h_s; then for every other modality m in turn z <- ReLU(gamma_m(h_m) * z + beta_m(h_m)), gamma_m = 1 + a linear layer.

    A modality that is missing leaves z as it is: a scale of 1 and a shift of 0.

    Args:
        dims: sizes of the modalities.
        width: features that are scaled and shifted.
        dropout: of the inputs.
        modulated: which modality is scaled and shifted by the others, ``first`` or ``last``.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0, modulated: str = "first") -> None:
        super().__init__()
        self.order = _order(len(dims), modulated)
        self.hidden = nn.Linear(dims[self.order[0]], width)
        self.films = nn.ModuleList(nn.Linear(dims[m], 2 * width) for m in self.order[1:])
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = vectors(inputs, masks)
        start = self.order[0]
        z: Tensor = self.hidden(self.dropout(found[start])).masked_fill(~there[:, start, None], 0.0)
        for m, film in zip(self.order[1:], self.films, strict=True):
            scale, shift = film(self.dropout(found[m])).masked_fill(~there[:, m, None], 0.0).chunk(2, 1)
            z = torch.relu((1 + scale) * z + shift)
        return z


def _order(count: int, modulated: str) -> list[int]:
    order = list(range(count))
    return order if modulated == "first" else order[::-1]


def parameters(dims: Sequence[int], width: int, *, modulated: str = "first") -> int:
    """d_s h + h for what is modulated, 2 (d_m h + h) for every other."""
    first, *others = (dims[m] for m in _order(len(dims), modulated))
    return first * width + width + sum(2 * (dim * width + width) for dim in others)


FUSION = Fusion(
    name="film",
    title="feature-wise linear modulation (FiLM)",
    paper="Perez, Strub, de Vries, Dumoulin & Courville 2018, arXiv:1709.07871",
    equation="z = W h_s; for every other m: z <- ReLU(gamma_m(h_m) * z + beta_m(h_m))",
    formula="d_s h + h + sum_{m != s} 2 (d_m h + h)",
    make=FiLM,
    parameters=parameters,
    knobs={"modulated": ("first", "last")},
)
