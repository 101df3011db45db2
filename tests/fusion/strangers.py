"""Modules that somebody else could have written, with and without what a fusion method needs."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn


class Plain(nn.Module):
    """Takes the two sizes and nothing else."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), width)
        self.layer.bias.requires_grad_(False)

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """Needs vectors, and a mask for each."""
        there = torch.stack(list(masks), 1).any(1, keepdim=True)
        return torch.tanh(self.layer(torch.cat(list(inputs), 1))) * there


class Full(nn.Module):
    """Says everything about itself."""

    sequences = True
    decides = True
    additive = True
    knobs: ClassVar[dict[str, tuple[int, ...]]] = {"depth": (1, 2)}

    def __init__(self, dims: Sequence[int], width: int, outputs: int, *, dropout: float = 0.0, depth: int = 1) -> None:
        super().__init__()
        self.first = nn.Linear(dims[0], width)
        self.more = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.out = nn.Linear(width, outputs)
        self.dropout = dropout

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """Reads the steps of the first modality only."""
        hidden = self.first(inputs[0]).mean(1)
        for layer in self.more:
            hidden = torch.relu(layer(hidden))
        result: Tensor = self.out(hidden)
        return result


class Fixed(nn.Module):
    """Of one size, whatever the width."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), 1)
        self.width = width


class Looking(nn.Module):
    """Looks at its numbers while it is made."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), width)
        self.largest = self.layer.weight.abs().max().item()


class NoWidth(nn.Module):
    """Does not take a width."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), 4)


def function(dims: Sequence[int], width: int) -> nn.Module:
    """No class."""
    return Plain(dims, width)
