"""What the two attention methods share: a pre-norm transformer block with masks, positions of the steps that are there, and its sizes."""

from collections.abc import Callable
from math import floor

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Multi-head attention: softmax(Q K^T / sqrt(s / heads)) V per head, Q = W_q x + b_q, K = W_k y, V = W_v y, then W_o and b_o.

    A bias of the keys moves no softmax and one of the values is the output's, so there are none. Where no key is there, the heads give 0.

    Args:
        size: of a step, a multiple of ``heads``.
        heads: number of heads.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.output = nn.Linear(size, size)

    def forward(self, queries: Tensor, keys: Tensor, there: Tensor) -> Tensor:
        """Floats ``(B, Q, size)`` and ``(B, K, size)``, bool ``(B, K)`` to ``(B, Q, size)``."""
        if keys.shape[1] == 1:  # the softmax over one key is 1: vectors need neither queries nor keys
            return self._out(self.value(keys).expand(-1, queries.shape[1], -1), there)
        found = there.any(1, keepdim=True)
        seen = (there | ~found)[:, None, None, :]  # of nothing to see a softmax may be NaN: all is seen, then dropped
        query, key, value = self._split(self.query(queries)), self._split(self.key(keys)), self._split(self.value(keys))
        heads = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return self._out(heads.transpose(1, 2).flatten(2), found)

    def _split(self, steps: Tensor) -> Tensor:
        return steps.reshape(*steps.shape[:2], self.heads, -1).transpose(1, 2)

    def _out(self, heads: Tensor, found: Tensor) -> Tensor:
        result: Tensor = self.output(heads.masked_fill(~found.unsqueeze(-1), 0.0))
        return result


class Layer(nn.Module):
    """x <- x + Attention(LN(x), LN(y)), then x <- x + W_2 ReLU(W_1 LN(x) + b_1) + b_2; y is x where it is not given.

    ``4 s^2 + 7 s + 2 s f + f`` parameters of size s and f hidden units, one normalisation being shared by x and y.
    """

    def __init__(self, size: int, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(size, heads)
        self.before, self.between = nn.LayerNorm(size), nn.LayerNorm(size)
        self.wide, self.narrow = nn.Linear(size, hidden), nn.Linear(hidden, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, steps: Tensor, there: Tensor, context: Tensor | None = None) -> Tensor:
        """Floats ``(B, T, size)``, bool ``(B, K)`` of the context's steps, floats ``(B, K, size)`` to ``(B, T, size)``."""
        normal = self.before(steps)
        around = normal if context is None else self.before(context)
        steps = steps + self.dropout(self.attention(normal, around, there))
        wide = torch.relu(self.wide(self.between(steps)))
        result: Tensor = steps + self.dropout(self.narrow(wide))
        return result


def layer_parameters(size: float, hidden: float) -> float:
    """Of a ``Layer``."""
    return 4 * size * size + 7 * size + 2 * size * hidden + hidden


def inner(width: int, heads: int, count: Callable[[float, float], float]) -> tuple[int, int]:
    """The size of a step and of the hidden layers that a transformer of this width has.

    A step has about a quarter of the width, in whole multiples of the heads: too coarse for a budget. So the hidden layers, about half
    the width, take what the multiple leaves: as many units as keep within what ``width / 4`` and ``width / 2`` would take.

    Args:
        width: the one number that the budget solves.
        heads: of the attention.
        count: parameters of size and hidden units, linear in the second.
    """
    size = heads * max(1, width // (4 * heads))
    alone = count(size, 0)
    return size, max(1, floor((count(width / 4, width / 2) - alone) / (count(size, 1) - alone)))


def positions(there: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """Sines and cosines of how many steps of the row came before, steps that are not there left out: padding moves nothing.

    Args:
        there: bool ``(B, T)``.
        size: of a step.
        dtype: of the result.

    Returns:
        ``(B, T, size)``: sines of falling frequencies, then cosines.
    """
    half = (size + 1) // 2
    counts = torch.arange(there.shape[1], device=there.device, dtype=dtype).unsqueeze(-1)
    rates = torch.arange(half, device=there.device, dtype=dtype).mul(-9.210340371976184 / half).exp()  # to 1 / 10,000
    angles = counts * rates
    table = torch.cat([angles.sin(), angles.cos()], -1)[:, :size]
    return table[(there.cumsum(1) - 1).clamp(min=0)]
