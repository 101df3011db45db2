"""Decision-level fusion: a small network per modality, and the average of what they say."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, Inputs, Masks, vectors
from mmbench.fusion.layers import voters, voting_parameters


class DecisionAverage(nn.Module):
    """y = mean over the modalities that are there of f_m(h_m), f_m(h) = V_m ReLU(W_m h + b_m) + c_m; zeros where none is."""

    def __init__(self, dims: Sequence[int], width: int, outputs: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.voters = voters(dims, width, outputs, dropout)

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, outputs)``."""
        found, there = vectors(inputs, masks)
        said = torch.stack([voter(values) for voter, values in zip(self.voters, found, strict=True)], 1)
        count = there.sum(1, keepdim=True).clamp(min=1)
        return said.masked_fill(~there.unsqueeze(-1), 0.0).sum(1) / count


FUSION = Fusion(
    name="decision-average",
    title="average of decisions",
    paper="Snoek, Worring & Smeulders 2005, doi:10.1145/1101149.1101236",
    equation="y = 1/M sum_m f_m(h_m), f_m(h) = V_m ReLU(W_m h + b_m) + c_m",
    formula="sum_m (d_m h + h + h c + c)",
    make=DecisionAverage,
    parameters=voting_parameters,
    decides=True,
    additive=True,
)
