"""Gradient blending: the losses of the parts and of the whole, each weighted by how well it generalises against how much it overfits."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from mmbench.fusion.switching import Evaluate, Switch, alone

EVERY = 4  # looks at the validation loss between two estimates of the weights
LEAST = 1e-4  # overfitting below this counts as this, so that no weight is infinite


class GradientBlending:
    """The loss is w_0 L(all) + sum_m w_m L(m alone), with w proportional to G / O^2.

    G is by how much the validation loss of a part fell since the last estimate (at least 0), O by how much the gap between validation and
    training loss grew. The paper gives each modality a classifier of its own on an encoder that it shares with the whole; features are
    frozen here, so that a part is the same network with the other modalities missing, and no parameter is added.
    """

    def __init__(self, modalities: int) -> None:
        self.weights = torch.full((modalities + 1,), 1.0 / (modalities + 1))
        self._before: tuple[Tensor, Tensor] | None = None
        self._looks = 0

    def masks(self, masks: Sequence[Tensor], generator: Generator) -> Sequence[Tensor]:
        """Left as they are."""
        return masks

    def loss(self, evaluate: Evaluate, masks: Sequence[Tensor]) -> Tensor | None:
        """The blend."""
        total = self.weights[0].item() * evaluate(masks)
        for modality, weight in enumerate(self.weights[1:].tolist()):
            if weight > 0:
                total = total + weight * evaluate(alone(masks, modality))
        return total

    def check(
        self, train: Evaluate, train_masks: Sequence[Tensor], valid: Evaluate, valid_masks: Sequence[Tensor]
    ) -> None:
        """Estimate the weights anew, now and then."""
        self._looks += 1
        if self._before is not None and self._looks % EVERY:
            return
        now = _losses(train, train_masks), _losses(valid, valid_masks)
        if self._before is not None:
            gain = (self._before[1] - now[1]).clamp(min=0.0)
            gap = ((now[1] - now[0]) - (self._before[1] - self._before[0])).clamp(min=LEAST)
            worth = gain / gap**2
            if worth.sum() > 0:
                self.weights = worth / worth.sum()
        self._before = now


def _losses(evaluate: Evaluate, masks: Sequence[Tensor]) -> Tensor:
    """``(1 + M,)``: of the whole, and of each modality alone."""
    return torch.stack([evaluate(masks), *(evaluate(alone(masks, number)) for number in range(len(masks)))]).cpu()


SWITCH = Switch(
    name="gradient-blending",
    title="gradient blending",
    paper="Wang, Tran and Feiszli 2020, What Makes Training Multi-Modal Classification Networks Hard?, arXiv:1905.12681",
    equation="L = w_0 L(all) + sum_m w_m L(m alone), w ~ G / O^2",
    start=GradientBlending,
)
