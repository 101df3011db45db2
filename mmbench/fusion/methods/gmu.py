"""The gated multimodal unit: gates that see all modalities decide how much of each passes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors


class GMU(nn.Module):
    """z = g * tanh(W_1 h_1) + (1 - g) * tanh(W_2 h_2), g = sigmoid(W_g [h_1; h_2]); with more modalities a gate for each.

    As in the paper there are no biases, so a modality that is missing (zeros) adds nothing.
    """

    def __init__(self, dims: Sequence[int], width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(dim, width, bias=False) for dim in dims)
        self.gates = nn.Linear(sum(dims), _gates(dims) * width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, _ = vectors(inputs, masks)
        found = [self.dropout(values) for values in found]
        hidden = torch.stack([torch.tanh(layer(h)) for layer, h in zip(self.hidden, found, strict=True)], 1)
        gates = torch.sigmoid(self.gates(torch.cat(found, 1))).reshape(len(hidden), -1, hidden.shape[2])
        if len(found) == 2:
            gates = torch.cat([gates, 1 - gates], 1)
        return (gates * hidden).sum(1)


def _gates(dims: Sequence[int]) -> int:
    return 1 if len(dims) == 2 else len(dims)


def parameters(dims: Sequence[int], width: int) -> int:
    """2 (d_1 + d_2) h of two modalities; (M + 1) (sum of d_m) h of more."""
    return sum(dims) * width * (1 + _gates(dims))


FUSION = Fusion(
    name="gmu",
    title="gated multimodal unit (GMU)",
    paper="Arevalo, Solorio, Montes-y-Gómez & González 2017, arXiv:1702.01992",
    equation="z = sum_m g_m * tanh(W_m h_m), g_m = sigmoid(G_m [h_1; ...; h_M]); of two modalities g_2 = 1 - g_1",
    formula="(sum_m d_m) h + G (sum_m d_m) h, G = 1 where M = 2, else M",
    make=GMU,
    parameters=parameters,
)
