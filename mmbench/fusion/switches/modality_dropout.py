"""Modality dropout: in training a row now and then lacks a modality, so that no method leans on one alone."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from mmbench.fusion.switching import Evaluate, Switch


class ModalityDropout:
    """Each row loses, with probability p, one modality drawn at random; a row that has only one keeps it."""

    def __init__(self, modalities: int, *, p: float) -> None:
        self.modalities, self.p = modalities, p

    def masks(self, masks: Sequence[Tensor], generator: Generator) -> Sequence[Tensor]:
        """The masks with what was dropped."""
        rows, place = len(masks[0]), masks[0].device
        there = torch.stack([mask.reshape(rows, -1).any(1) for mask in masks], 1)
        hit = (torch.rand(rows, generator=generator) < self.p).to(place) & (there.sum(1) > 1)
        order = torch.rand(rows, self.modalities, generator=generator).to(place).masked_fill(~there, -1.0)
        lost = order.argmax(1)  # of those that are there
        found = []
        for number, mask in enumerate(masks):
            gone = hit & (lost == number)
            found.append(mask & ~gone.reshape(rows, *[1] * (mask.dim() - 1)))
        return found

    def loss(self, evaluate: Evaluate, masks: Sequence[Tensor]) -> Tensor | None:
        """Left as it is."""
        return None

    def check(
        self, train: Evaluate, train_masks: Sequence[Tensor], valid: Evaluate, valid_masks: Sequence[Tensor]
    ) -> None:
        """Nothing to learn."""


SWITCH = Switch(
    name="modality-dropout",
    title="modality dropout",
    paper="Neverova et al. 2016, ModDrop, arXiv:1501.00102",
    equation="with probability p a training row loses one modality, drawn evenly from those that it has",
    start=ModalityDropout,
    knobs={"p": (0.2, 0.1, 0.3, 0.5)},
)
