"""Modules that somebody else could have written, with and without what a fusion method needs."""

import multiprocessing
import os
import signal
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


class Silent(nn.Module):
    """Gives the same for every row."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), width)

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """Its bias."""
        return self.layer(torch.cat(list(inputs), 1) * 0.0)  # type: ignore[no-any-return]


class Flat(Plain):
    """Forgets the width."""

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """One number per row."""
        return super().forward(inputs, masks).mean(1)


class Raising(Plain):
    """Raises what cannot be pickled."""

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """Nothing."""
        raise BadError(1, 2)


class BadError(Exception):
    """Cannot be made from its message alone."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} is not {b}")


class Deadly(Plain):
    """Ends a worker process, as the system does where memory is short."""

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """As ``Plain`` in the process that began it all."""
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(inputs, masks)


class Heads(Plain):
    """Wants a width of some heads, and says so."""

    multiple = 4

    def __init__(self, dims: Sequence[int], width: int) -> None:
        if width % 4:
            raise AssertionError("width must be divisible by the heads")
        super().__init__(dims, width)


class Picky(Heads):
    """Wants one, and says nothing."""

    multiple = 1
