"""Small versions of two methods that are trained by more than the task's loss: what the interface has to allow, and no more."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Misa(nn.Module):
    """Shared and private parts of each modality, kept apart and able to give the modality back, after MISA (Hazarika et al. 2020)."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.own = nn.ModuleList(nn.Linear(dim, width) for dim in dims)
        self.enter = nn.ModuleList(nn.Linear(dim, width, bias=False) for dim in dims)
        self.shared = nn.Linear(width, width)
        self.back = nn.ModuleList(nn.Linear(width, dim) for dim in dims)
        self.fuse = nn.Linear(2 * len(dims) * width, width)
        self.kept: list[tuple[Tensor, Tensor, Tensor]] = []

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """``(B, width)``."""
        private = [torch.tanh(layer(values)) for layer, values in zip(self.own, inputs, strict=True)]
        common = [torch.tanh(self.shared(layer(values))) for layer, values in zip(self.enter, inputs, strict=True)]
        self.kept = list(zip(inputs, private, common, strict=True))
        return torch.relu(self.fuse(torch.cat([*private, *common], 1)))

    def extra_loss(self, targets: Tensor, rows: Tensor) -> Tensor:
        """Difference between private and shared, reconstruction of the input."""
        apart = torch.stack([(own.T @ common).square().mean() for _, own, common in self.kept]).sum()
        back = [
            (layer(own + common) - values).square().mean()
            for layer, (values, own, common) in zip(self.back, self.kept, strict=True)
        ]
        return 0.1 * apart + 0.1 * torch.stack(back).sum()


class SelfMM(nn.Module):
    """A task per modality on labels that it keeps for every training row and moves while it learns, after Self-MM (Yu et al. 2021)."""

    decides = True

    def __init__(self, dims: Sequence[int], width: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(dim, width) for dim in dims)
        self.alone = nn.ModuleList(nn.Linear(width, outputs) for _ in dims)
        self.whole = nn.Linear(width * len(dims), outputs)
        self.labels: dict[int, Tensor] = {}
        self.kept: list[Tensor] = []

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """``(B, outputs)``."""
        hidden = [torch.relu(layer(values)) for layer, values in zip(self.hidden, inputs, strict=True)]
        self.kept = [layer(values) for layer, values in zip(self.alone, hidden, strict=True)]
        result: Tensor = self.whole(torch.cat(hidden, 1))
        return result

    def extra_loss(self, targets: Tensor, rows: Tensor) -> Tensor:
        """Cross-entropy of each modality against its own labels of these rows, which move from the targets to what it says."""
        total = targets.new_zeros((), dtype=torch.float32)
        for logits in self.kept:
            onehot = nn.functional.one_hot(targets, logits.shape[1]).float()
            before = torch.stack([self.labels.get(int(row), own) for row, own in zip(rows, onehot, strict=True)])
            total = total + nn.functional.cross_entropy(logits, before)
            moved = 0.9 * before + 0.1 * logits.detach().softmax(1)
            self.labels |= {int(row): label for row, label in zip(rows, moved, strict=True)}
        return total


class Counting(nn.Module):
    """Tells what it was asked."""

    def __init__(self, dims: Sequence[int], width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(sum(dims), width)
        self.passes = {True: 0, False: 0}
        self.asked: list[tuple[int, ...]] = []

    def forward(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """``(B, width)``."""
        self.passes[self.training] += 1
        result: Tensor = self.layer(torch.cat(list(inputs), 1))
        return result

    def extra_loss(self, targets: Tensor, rows: Tensor) -> Tensor:
        """Nothing, which still has to be a scalar."""
        self.asked.append(tuple(rows.tolist()))
        return targets.new_zeros((), dtype=torch.float32)
