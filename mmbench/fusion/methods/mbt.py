"""Attention bottlenecks: modalities exchange what they know through a few shared tokens only."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.attention import Layer, inner, layer_parameters, positions
from mmbench.fusion.base import Fusion, Inputs, Masks, sequences


class MBT(nn.Module):
    """Per layer [x_m; b_m] = Layer_m([x_m; b]) for every m, then b = mean_m b_m; in the end z = mean_m ReLU(W LN(c_m) + b).

    x_m starts as [c_m; P_m h_m + positions]. Both means are over the modalities that are there.

    A modality sees its own steps, its class token c_m and the bottleneck tokens b, never the steps of another. It takes two layers for
    one to hear of another. As the head is linear, its scores of z are the mean of scores per class token, as in the paper. The
    bottleneck exists from the first layer on (L_f = 0), and a missing modality (or none at all) gives zeros, not its class token.

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
        self.classes = nn.Parameter(torch.randn(len(dims), self.size))
        self.bottleneck = nn.Parameter(torch.randn(tokens, self.size))
        self.layers = nn.ModuleList(Layer(self.size, hidden, heads, dropout) for _ in range(layers) for _ in dims)
        self.last = nn.LayerNorm(self.size)
        self.readout = nn.Linear(self.size, width)
        self.dropout = nn.Dropout(dropout)
        for layer, dim in zip(self.project, dims, strict=True):
            nn.init.normal_(layer.weight, std=dim**-0.5)  # type: ignore[arg-type]  # beside tokens of variance 1

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        tokens, there, known = self._tokens(inputs, masks)
        shared = self.bottleneck.expand(len(known), -1, -1)
        told: list[Tensor] = []
        for layer in self.layers:  # of the first modality, of the second, …, and round again
            m = len(told)
            joined = layer(torch.cat([shared, tokens[m]], 1), there[m])
            told.append(joined[:, : shared.shape[1]])
            tokens[m] = joined[:, shared.shape[1] :]
            if len(told) == len(tokens):
                shared, told = _mean(told, known), []
        return _mean([torch.relu(self.readout(self.last(steps[:, 0]))) for steps in tokens], known)

    def _tokens(self, inputs: Inputs, masks: Masks) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Per modality ``(B, 1 + T_m, size)``, and what is there of the bottleneck and these; whether the modality is there ``(B, M)``."""
        found, there = sequences(inputs, masks)
        tokens, seen = [], []
        for layer, own, values, present in zip(self.project, self.classes, found, there, strict=True):
            steps = self.dropout(layer(values) + positions(present, self.size, values.dtype))
            tokens.append(torch.cat([own.expand(len(steps), 1, -1), steps], 1))
            seen.append(torch.cat([present.new_ones(len(present), 1 + len(self.bottleneck)), present], 1))
        return tokens, seen, torch.stack([present.any(1) for present in there], 1)


def _mean(values: Sequence[Tensor], known: Tensor) -> Tensor:
    """Over the modalities that are there, of ``(B, …)`` each; zeros where none is."""
    weights = known / known.sum(1, keepdim=True).clamp(min=1).to(values[0].dtype)
    return torch.einsum("bm,mb...->b...", weights, torch.stack(list(values)))


def _count(dims: Sequence[int], width: int, size: float, hidden: float, layers: int, tokens: int) -> float:
    blocks = len(dims) * layers * layer_parameters(size, hidden)
    return (sum(dims) + len(dims) + tokens + 2 + width) * size + width + blocks


def parameters(dims: Sequence[int], width: int, *, heads: int = 2, layers: int = 2, tokens: int = 4) -> int:
    """(sum of d_m + M + B + 2 + h) s + h, and M l L(s, f), L(s, f) = 4 s^2 + 7 s + 2 s f + f."""
    size, hidden = inner(width, heads, lambda size, hidden: _count(dims, width, size, hidden, layers, tokens))
    return int(_count(dims, width, size, hidden, layers, tokens))


FUSION = Fusion(
    name="mbt",
    title="attention bottleneck (MBT)",
    paper="Nagrani, Yang, Arnab, Jansen, Schmid & Sun 2021, arXiv:2107.00135",
    equation="[x_m; b_m] = Layer_m([x_m; b]), b = mean_m b_m; z = mean_m ReLU(W LN(c_m) + b)",
    formula="(sum_m d_m + M + B + 2 + h) s + h + M l (4 s^2 + 7 s + 2 s f + f), s about h / 4 and f about h / 2",
    make=MBT,
    parameters=parameters,
    knobs={"heads": (2, 4), "layers": (2, 3), "tokens": (2, 4)},
    sequences=True,
)
