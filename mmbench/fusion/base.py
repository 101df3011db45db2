"""What a fusion method is: a module that takes inputs of several modalities to one vector, and the facts that size and judge it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

Inputs: TypeAlias = "Sequence[Tensor]"
Masks: TypeAlias = "Sequence[Tensor | None]"
Knobs: TypeAlias = Mapping[str, tuple[Any, ...]]
NO_KNOBS: Knobs = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """A fusion method.

    The module is called ``module(inputs, masks)``: ``inputs`` holds per modality floats ``(B, d_m)`` or ``(B, T_m, d_m)``, M >= 2, each
    with its own number of steps; ``masks`` per modality bool ``(B,)`` or ``(B, T_m)``, True where there is something, or ``None`` where
    everything is there. It returns floats ``(B, width)``, which one linear layer, the same for all methods, turns into class scores or a
    value; a method that ``decides`` returns these itself. Features are standardised, so that 0 is the mean of the training split. What a
    mask hides moves nothing. A modality is missing from a row where its mask is False throughout; the result is finite even where all are.

    A module that is trained by more than the task's loss has ``extra_loss(targets, rows)``: it is called in training right after the
    forward pass of a batch, whose activations it may have kept, with the targets ``(B,)`` (class numbers, or standardised values) and the
    numbers of the rows in the training split ``(B,)``, and gives a scalar that is added. Validation and test never see it.

    Attributes:
        name: as in ``--methods``.
        title: for people.
        paper: authors, year, identifier.
        equation: the defining equation.
        formula: the number of parameters, for people.
        make: ``make(dims, width, *, dropout=0.0, **knobs)`` to the module; of a method that decides ``make(dims, width, outputs, …)``.
        parameters: with the arguments of ``make`` (without ``dropout``) to the number of trained parameters.
        knobs: what a search may choose besides learning rate, weight decay and dropout, by name.
        sequences: uses steps; other methods get the mean over the steps that are there.
        decides: returns class scores (or a value) of shape ``(B, outputs)`` itself.
        additive: the result is a sum of functions of one modality each: it cannot learn what only a combination tells.
        multiple: the width is a multiple of this (heads).
        code: identifies the code of a stranger's method, whose results hold for this code only; empty for a built-in one.
    """

    name: str
    title: str
    paper: str
    equation: str
    formula: str
    make: "Callable[..., nn.Module]" = field(repr=False)
    parameters: Callable[..., int] = field(repr=False)
    knobs: Knobs = field(default_factory=lambda: NO_KNOBS)
    sequences: bool = False
    decides: bool = False
    additive: bool = False
    multiple: int = 1
    code: str = ""


def vectors(inputs: Inputs, masks: Masks) -> "tuple[list[Tensor], Tensor]":
    """Each modality as one vector: the mean over the steps that are there, zeros where the modality is missing.

    Returns:
        per modality ``(B, d_m)``; bool ``(B, M)``, whether the modality is there.
    """
    import torch

    found, there = [], []
    for values, mask in zip(inputs, masks, strict=True):
        present = values.new_ones(values.shape[:-1], dtype=torch.bool) if mask is None else mask
        kept = values.masked_fill(~present.unsqueeze(-1), 0.0)  # not a product: what is hidden may be NaN
        if values.dim() == 3:
            kept = kept.sum(1) / present.sum(1, keepdim=True).clamp(min=1).to(values.dtype)
            present = present.any(1)
        found.append(kept)
        there.append(present)
    return found, torch.stack(there, 1)


def sequences(inputs: Inputs, masks: Masks) -> "tuple[list[Tensor], list[Tensor]]":
    """Each modality as steps, a vector being one step; zeros where nothing is.

    Returns:
        per modality ``(B, T_m, d_m)``; per modality bool ``(B, T_m)``.
    """
    import torch

    found, there = [], []
    for values, mask in zip(inputs, masks, strict=True):
        present = values.new_ones(values.shape[:-1], dtype=torch.bool) if mask is None else mask
        if values.dim() == 2:
            values, present = values.unsqueeze(1), present.unsqueeze(1)
        found.append(values.masked_fill(~present.unsqueeze(-1), 0.0))
        there.append(present)
    return found, there
