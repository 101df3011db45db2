"""Attention bottlenecks: modalities exchange what they know through a few shared tokens only."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.attention import Layer, inner, layer_parameters, positions
from mmbench.fusion.base import Fusion, Inputs, Masks, sequences, vectors


class MBT(nn.Module):
    """Per layer [x_m; b_m] = Layer_m([x_m; b]) for every m, then b = mean_m b_m; in the end z = mean_m ReLU(W LN(mean of x_m) + c).

    x_m starts as P_m h_m + positions. Means are over the modalities, and the steps, that are there; z is 0 where nothing is.

    A modality sees its own steps and the bottleneck tokens b, never the steps of another: it takes two layers for one to hear of
    another. As the head is linear, its scores of z are the mean of scores per modality, as in the paper. The bottleneck is there from
    the first layer on (L_f = 0), and the mean over steps stands for the class tokens: with few parameters and few rows these learn
    late, as all that they know has to come through attention.

    Args:
        dims: sizes of the modalities.
        width: size of z; a step has about a quarter of it, see ``attention.inner``.
        dropout: of the steps and of what each layer adds.
        heads: of the attention.
        layers: at least 2.
        tokens: bottleneck tokens, B.
    """

    def __init__(
        self,
        dims: Sequence[int],
        width: int,
        *,
        dropout: float = 0.0,
        heads: int = 2,
        layers: int = 2,
        tokens: int = 4,
    ) -> None:
        super().__init__()
        self.size, hidden = inner(width, heads, lambda size, hidden: _count(dims, width, size, hidden, layers, tokens))
        self.project = nn.ModuleList(nn.Linear(dim, self.size, bias=False) for dim in dims)
        self.bottleneck = nn.Parameter(
            0.02 * torch.randn(tokens, self.size)
        )  # small: soon it is mostly what the tokens read
        self.layers = nn.ModuleList(Layer(self.size, hidden, heads, dropout) for _ in range(layers) for _ in dims)
        self.last = nn.LayerNorm(self.size)
        self.readout = nn.Linear(self.size, width)
        self.dropout = nn.Dropout(dropout)
        for layer, dim in zip(self.project, dims, strict=True):
            nn.init.normal_(layer.weight, std=dim**-0.5)  # type: ignore[arg-type]  # beside positions of variance 1/2

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = sequences(inputs, masks)
        known = torch.stack([present.any(1) for present in there], 1)
        steps = [
            self.dropout(layer(values) + positions(present, self.size, values.dtype))
            for layer, values, present in zip(self.project, found, there, strict=True)
        ]
        shared = self.bottleneck.expand(len(known), -1, -1)
        seen = [torch.cat([present.new_ones(shared.shape[:2]), present], 1) for present in there]
        count = len(steps)
        for start in range(0, len(self.layers) - count, count):
            layers = self.layers[start : start + count]
            joined = [
                layer(torch.cat([shared, own], 1), some) for layer, own, some in zip(layers, steps, seen, strict=True)
            ]
            shared = _mean([both[:, : shared.shape[1]] for both in joined], known)
            steps = [both[:, shared.shape[1] :] for both in joined]
        ends = [
            layer(own, some, torch.cat([shared, own], 1))  # nobody reads the bottleneck after the last layer
            for layer, own, some in zip(self.layers[-count:], steps, seen, strict=True)
        ]
        pooled, _ = vectors(ends, there)
        return _mean([torch.relu(self.readout(self.last(mean))) for mean in pooled], known)


def _mean(values: Sequence[Tensor], known: Tensor) -> Tensor:
    """Over the modalities that are there, of ``(B, …)`` each; zeros where none is."""
    weights = known / known.sum(1, keepdim=True).clamp(min=1).to(values[0].dtype)
    stacked = torch.stack(list(values), 1)
    return (stacked * weights.reshape(*weights.shape, *[1] * (stacked.dim() - 2))).sum(1)


def _count(dims: Sequence[int], width: int, size: float, hidden: float, layers: int, tokens: int) -> float:
    blocks = len(dims) * layers * layer_parameters(size, hidden)
    return (sum(dims) + tokens + 2 + width) * size + width + blocks


def parameters(dims: Sequence[int], width: int, *, heads: int = 2, layers: int = 2, tokens: int = 4) -> int:
    """(sum of d_m + B + 2 + h) s + h, and M l L(s, f), L(s, f) = 4 s^2 + 7 s + 2 s f + f."""
    size, hidden = inner(width, heads, lambda size, hidden: _count(dims, width, size, hidden, layers, tokens))
    return int(_count(dims, width, size, hidden, layers, tokens))


FUSION = Fusion(
    name="mbt",
    title="attention bottleneck (MBT)",
    paper="Nagrani, Yang, Arnab, Jansen, Schmid & Sun 2021, arXiv:2107.00135",
    equation="[x_m; b_m] = Layer_m([x_m; b]), b = mean_m b_m; z = mean_m ReLU(W LN(mean_t x_m) + c)",
    formula="(sum_m d_m + B + 2 + h) s + h + M l (4 s^2 + 7 s + 2 s f + f), s about h / 4 and f about h / 2",
    make=MBT,
    parameters=parameters,
    knobs={"heads": (2, 4), "layers": (2, 3), "tokens": (2, 4)},
    sequences=True,
)
