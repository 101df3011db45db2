"""The multimodal transformer: every modality reads every other one by attention across unaligned steps."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmbench.fusion.attention import Layer, inner, layer_parameters, positions
from mmbench.fusion.base import Fusion, Inputs, Masks, sequences


class Reader(nn.Module):
    """Layers through which a modality reads another, or itself where there is no other, and a last normalisation."""

    def __init__(self, size: int, hidden: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(size, hidden, heads, dropout) for _ in range(layers))
        self.last = nn.LayerNorm(size)

    def forward(self, steps: Tensor, there: Tensor, context: Tensor | None = None) -> Tensor:
        """``(B, T, size)``."""
        for layer in self.layers:
            steps = layer(steps, there, context)
        result: Tensor = self.last(steps)
        return result


class MulT(nn.Module):
    """z = ReLU(W [Z_1 at its last step; ...; Z_M at its last step] + b), Z_a = SelfAttention([CM(X_a, X_b) for every b != a]).

    X_m = P_m h_m + positions. CM has ``layers`` layers, with queries of a and with keys and values of X_b; SelfAttention has one.

    Of the authors' code this keeps the pre-norm residual layers, the one normalisation for queries and keys, the last step as readout and
    the convolution of width 1. It leaves out the causal mask, the factor on the embedding and the residual around the output layer.
    The last step is the last that is there, and positions count the steps that are there: padding moves nothing. Where b is missing, CM
    reads 0; where a is missing, its readout is 0. With one step each (vectors) a softmax over one key is 1, so queries and keys rest.

    Args:
        dims: sizes of the modalities, at least two.
        width: size of z; a step has about a quarter of it, see ``attention.inner``.
        dropout: of the steps and of what each layer adds.
        heads: of the attention.
        layers: of each crossmodal transformer.
    """

    def __init__(
        self, dims: Sequence[int], width: int, *, dropout: float = 0.0, heads: int = 2, layers: int = 1
    ) -> None:
        super().__init__()
        count, others = len(dims), len(dims) - 1
        self.size, hidden = inner(width, heads, lambda size, hidden: _count(dims, width, size, hidden, layers))
        self.project = nn.ModuleList(nn.Linear(dim, self.size, bias=False) for dim in dims)
        self.cross = nn.ModuleList(
            Reader(self.size, hidden, heads, layers, dropout) for _ in range(count) for _ in range(others)
        )
        self.own = nn.ModuleList(Reader(others * self.size, others * hidden, heads, 1, dropout) for _ in range(count))
        self.readout = nn.Linear(count * others * self.size, width)
        self.dropout = nn.Dropout(dropout)
        for layer, dim in zip(self.project, dims, strict=True):
            nn.init.normal_(layer.weight, std=dim**-0.5)  # type: ignore[arg-type]  # beside positions of variance 1/2

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, width)``."""
        found, there = sequences(inputs, masks)
        steps = [
            self.dropout(layer(values) + positions(present, self.size, values.dtype))
            for layer, values, present in zip(self.project, found, there, strict=True)
        ]
        readers = iter(self.cross)
        last = []
        for a, own in enumerate(self.own):
            read = torch.cat([next(readers)(steps[a], there[b], steps[b]) for b in range(len(steps)) if b != a], 2)
            ends = own(_last(read, there[a]).unsqueeze(1), there[a], read).squeeze(1)  # no other step is read of it
            last.append(ends.masked_fill(~there[a].any(1, keepdim=True), 0.0))
        return torch.relu(self.readout(torch.cat(last, 1)))


def _last(steps: Tensor, there: Tensor) -> Tensor:
    """The last step that is there, ``(B, size)``; the first where none is."""
    where = torch.arange(there.shape[1], device=there.device).mul(there).argmax(1)
    return steps[torch.arange(len(there), device=there.device), where]


def _count(dims: Sequence[int], width: int, size: float, hidden: float, layers: int) -> float:
    pairs, others = len(dims) * (len(dims) - 1), len(dims) - 1
    cross = pairs * (layers * layer_parameters(size, hidden) + 2 * size)
    own = len(dims) * (layer_parameters(others * size, others * hidden) + 2 * others * size)
    return sum(dims) * size + cross + own + pairs * size * width + width


def parameters(dims: Sequence[int], width: int, *, heads: int = 2, layers: int = 1) -> int:
    """With L(s, f) = 4 s^2 + 7 s + 2 s f + f and n = M - 1, for all a and all pairs, as in ``FUSION.formula``."""
    size, hidden = inner(width, heads, lambda size, hidden: _count(dims, width, size, hidden, layers))
    return int(_count(dims, width, size, hidden, layers))


FUSION = Fusion(
    name="mult",
    title="multimodal transformer (MulT)",
    paper="Tsai, Bai, Liang, Kolter, Morency & Salakhutdinov 2019, arXiv:1906.00295",
    equation="Z_a = SelfAttention([CM(X_a, X_b) for b != a]), CM: softmax(Q_a K_b^T / sqrt(s)) V_b; z = ReLU(W [Z_1^T; ...; Z_M^T] + b)",
    formula="(sum_m d_m) s + M n (l L(s, f) + 2 s) + M (L(n s, n f) + 2 n s) + M n s h + h, n = M - 1, "
    "L(s, f) = 4 s^2 + 7 s + 2 s f + f, s about h / 4 and f about h / 2",
    make=MulT,
    parameters=parameters,
    knobs={"heads": (2, 4), "layers": (1, 2)},
    sequences=True,
)
