"""Decision-level fusion with a learned weight per modality."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import voters, voting_parameters


class DecisionWeights(nn.Module):
    """y = sum_m a_m f_m(h_m), a = softmax(w) over the modalities that are there; zeros where none is."""

    def __init__(self, dims: Sequence[int], width: int, outputs: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.voters = voters(dims, width, outputs, dropout)
        self.weights = nn.Parameter(torch.zeros(len(dims)))

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, outputs)``."""
        found, there = vectors(inputs, masks)
        said = torch.stack([voter(values) for voter, values in zip(self.voters, found, strict=True)], 1)
        strength = (
            self.weights - self.weights.max().detach()
        ).exp() * there  # a softmax, but 0 and not NaN where none is there
        shares = strength / strength.sum(1, keepdim=True).clamp(min=torch.finfo(strength.dtype).tiny)
        return (said * shares.unsqueeze(-1)).sum(1)


def parameters(dims: Sequence[int], width: int, outputs: int) -> int:
    """Sum of d_m h + h + h c + c, and a weight per modality."""
    return voting_parameters(dims, width, outputs) + len(dims)


FUSION = Fusion(
    name="decision-weights",
    title="weighted decisions",
    paper="Snoek, Worring & Smeulders 2005, doi:10.1145/1101149.1101236",
    equation="y = sum_m a_m f_m(h_m), a = softmax(w), f_m(h) = V_m ReLU(W_m h + b_m) + c_m",
    formula="sum_m (d_m h + h + h c + c) + M",
    make=DecisionWeights,
    parameters=parameters,
    decides=True,
    additive=True,
)
