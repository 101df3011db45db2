"""A whole network: a fusion method, and the head that is the same for all of them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from mmbench.errors import UserError
from mmbench.fusion.base import Fusion, Inputs, Masks, sequences, vectors

NONE: Mapping[str, Any] = MappingProxyType({})


class Network(nn.Module):
    """scores = V dropout(z) + c of a fusion's z, or what a method that decides says itself.

    The method gets zeros where nothing is, and a mask for every modality: a vector with its mask ``(B,)`` where it does not use steps,
    ``(B, T_m, d_m)`` with ``(B, T_m)`` where it does. So what a mask hides moves nothing, whoever wrote the method.

    Args:
        name: of the method, for messages.
        block: the method.
        head: makes scores of its result.
        gives: how many numbers the method gives per row.
        steps: the method takes steps.
    """

    def __init__(self, name: str, block: nn.Module, head: nn.Module, *, gives: int, steps: bool) -> None:
        super().__init__()
        self.name, self.block, self.head, self.gives, self.steps = name, block, head, gives, steps

    def forward(self, inputs: Inputs, masks: Masks) -> Tensor:
        """``(B, outputs)``. ``UserError`` where the method gives another shape than it has to."""
        found: Inputs
        there: Masks
        if self.steps:
            found, there = sequences(inputs, masks)
        else:
            found, known = vectors(inputs, masks)
            there = list(known.unbind(1))
        fused = self.block(found, there)
        wanted = (len(found[0]), self.gives)
        if not isinstance(fused, Tensor) or fused.shape != wanted:
            what = f"a tensor of shape {tuple(fused.shape)}" if isinstance(fused, Tensor) else type(fused).__name__
            raise UserError(
                f"{self.name} gave {what} where a tensor {wanted} was expected, a row per sample: mend its forward."
            )
        result: Tensor = self.head(fused)
        return result


def network(
    fusion: Fusion,
    dims: Sequence[int],
    outputs: int,
    width: int,
    *,
    dropout: float = 0.0,
    knobs: Mapping[str, Any] = NONE,
) -> nn.Module:
    """A network with fresh weights, drawn by torch's generator: set the seed first.

    Args:
        fusion: the method.
        dims: sizes of the modalities.
        outputs: classes, or 1 for a value.
        width: of the method's result.
        dropout: inside of the method and before the head.
        knobs: of the method.
    """
    if fusion.decides:
        block = fusion.make(dims, width, outputs, dropout=dropout, **knobs)
        return Network(fusion.name, block, nn.Identity(), gives=outputs, steps=fusion.sequences)
    block = fusion.make(dims, width, dropout=dropout, **knobs)
    head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, outputs))
    return Network(fusion.name, block, head, gives=width, steps=fusion.sequences)


def trained_parameters(module: nn.Module) -> int:
    """Numbers that an optimiser moves: of every registered parameter with a gradient, once."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def on_meta(make: Callable[..., nn.Module], *arguments: Any, **options: Any) -> nn.Module:
    """A module without memory, to be counted; one that looks at numbers while it is made is made for real."""
    with torch.device("meta"):
        try:
            return make(*arguments, **options)
        except RuntimeError:  # "cannot be called on meta tensors", and NotImplementedError, its kind
            pass
    return make(*arguments, **options)
