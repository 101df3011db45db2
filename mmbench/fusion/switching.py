"""What a switch is: something that changes how any method is trained, and nothing of the method itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from mmbench.discovery import collect
from mmbench.errors import unknown_key
from mmbench.fusion.base import NO_KNOBS, Knobs

if TYPE_CHECKING:
    from torch import Generator, Tensor


class Evaluate(Protocol):
    """The loss of the network on some rows under given masks."""

    def __call__(self, masks: "Sequence[Tensor]") -> "Tensor":
        """The mean loss, a scalar that can be differentiated."""
        ...


class Session(Protocol):
    """A switch in one training."""

    def masks(self, masks: "Sequence[Tensor]", generator: "Generator") -> "Sequence[Tensor]":
        """The masks of a batch, changed or not."""
        ...

    def loss(self, evaluate: Evaluate, masks: "Sequence[Tensor]") -> "Tensor | None":
        """What is minimised on a batch instead of ``evaluate(masks)``; ``None`` leaves it."""
        ...

    def check(
        self,
        train: Evaluate,
        train_masks: "Sequence[Tensor]",
        valid: Evaluate,
        valid_masks: "Sequence[Tensor]",
    ) -> None:
        """Called at every look at the validation loss, without gradients, with losses on some training rows and on the validation rows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A switch.

    Attributes:
        name: as behind the plus sign.
        title: for people.
        paper: authors, year, identifier.
        equation: what it does.
        start: ``start(modalities, **knobs)`` to a ``Session``.
        knobs: what a search may choose.
    """

    name: str
    title: str
    paper: str
    equation: str
    start: Callable[..., Session] = field(repr=False)
    knobs: Knobs = field(default_factory=lambda: NO_KNOBS)


@cache
def _switches() -> dict[str, Switch]:
    return {switch.name: switch for switch in collect("mmbench.fusion.switches", Switch)}


def all_switches() -> list[Switch]:
    """Every switch, by name."""
    return list(_switches().values())


def get_switch(name: str) -> Switch:
    """The switch of this name. ``UserError`` where there is none."""
    if name not in _switches():
        raise unknown_key("fusion", f"+{name}", [f"+{known}" for known in _switches()])
    return _switches()[name]


def alone(masks: "Sequence[Tensor]", modality: int) -> "list[Tensor]":
    """The masks with all modalities but one missing."""
    import torch

    return [mask if number == modality else torch.zeros_like(mask) for number, mask in enumerate(masks)]


def facts_of(switch: Switch) -> dict[str, Any]:
    """JSON facts for people."""
    return {"name": f"+{switch.name}", "title": switch.title, "paper": switch.paper, "equation": switch.equation}
