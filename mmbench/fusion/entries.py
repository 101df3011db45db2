"""What is compared: fusion methods with their switches, and the trained floors beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from mmbench.errors import UserError
from mmbench.fusion.base import Fusion
from mmbench.fusion.registry import all_fusions, get_fusion
from mmbench.fusion.search import Config, draw
from mmbench.fusion.sizing import Size, sized
from mmbench.fusion.switching import Switch, get_switch

ALONE = "only-"  # the name of a floor that sees one modality
ENSEMBLE = "unimodal-ensemble"
FLOOR_METHOD = "concat"  # of one modality: a hidden layer
UNTRAINED = ("majority", "shortcut")  # floors as well


@dataclass(frozen=True, slots=True)
class Member:
    """One trained network of an entry.

    Attributes:
        modalities: the numbers of those that it sees.
        share: of the budget.
    """

    modalities: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the comparison that is trained.

    Attributes:
        name: names it everywhere: ``gmu+modality-dropout``, ``only-image``, ``unimodal-ensemble``.
        title: for people.
        kind: ``method`` or ``floor``.
        fusion: the method of its networks.
        switches: how they are trained.
        members: its networks; the outputs of several are averaged as probabilities, or as values.
    """

    name: str
    title: str
    kind: Literal["method", "floor"]
    fusion: Fusion
    switches: tuple[Switch, ...]
    members: tuple[Member, ...]

    @property
    def needs(self) -> str:
        """After whom it is."""
        papers = [self.fusion.paper, *(switch.paper for switch in self.switches)]
        return "; ".join(papers)


def method(spec: str, names: Sequence[str]) -> Entry:
    """The entry of a method as typed: ``gmu``, ``gmu+modality-dropout``, ``package.module:Name``. ``UserError`` for an unknown name."""
    key, *behind = spec.split("+")
    fusion = get_fusion(key)
    switches = tuple(get_switch(name) for name in sorted(set(behind)))
    title = " with ".join([fusion.title, *([" and ".join(switch.title for switch in switches)] if switches else [])])
    name = "+".join([key, *(switch.name for switch in switches)])
    return Entry(name, title, "method", fusion, switches, (Member(tuple(range(len(names))), 1.0),))


def floors(names: Sequence[str]) -> list[Entry]:
    """Each modality alone with the whole budget, and their ensemble with an equal part each."""
    fusion = get_fusion(FLOOR_METHOD)
    found = [
        Entry(f"{ALONE}{name}", f"{name} alone", "floor", fusion, (), (Member((number,), 1.0),))
        for number, name in enumerate(names)
    ]
    members = tuple(Member((number,), 1.0 / len(names)) for number in range(len(names)))
    return [*found, Entry(ENSEMBLE, "ensemble of the modalities alone", "floor", fusion, (), members)]


def entry(name: str, names: Sequence[str]) -> Entry:
    """The entry of this name among floors and methods."""
    return next((one for one in floors(names) if one.name == name), None) or method(name, names)


def chosen(methods: str | Sequence[str], names: Sequence[str]) -> list[Entry]:
    """The methods that were asked for, each once. ``UserError`` for an unknown name, a floor, or none."""
    specs = [one for spec in _wanted(methods) for one in (_all() if spec == "all" else [spec])]
    if not specs:
        raise UserError("No method is named: give --methods all, or names from `mmbench list fusions`.")
    for spec in specs:
        if spec.startswith(ALONE) or spec in (ENSEMBLE, *UNTRAINED):
            raise UserError(f"{spec} is a floor that stands in every comparison: give the other methods only.")
    return list({one.name: one for one in (method(spec, names) for spec in specs)}.values())


def named(methods: str | Sequence[str]) -> frozenset[str]:
    """The names of the methods that were asked for one by one, and not by ``all``."""
    return frozenset(method(spec, ()).name for spec in _wanted(methods) if spec != "all")


def _wanted(methods: str | Sequence[str]) -> list[str]:
    given = [methods] if isinstance(methods, str) else methods
    return [part.strip() for spec in given for part in str(spec).split(",") if part.strip()]


def _all() -> list[str]:
    return [fusion.name for fusion in all_fusions()]


def fitting(
    one: Entry, dims: Sequence[int], outputs: int, budget: int, tolerance: float
) -> list[tuple[Mapping[str, Any], tuple[Size, ...]]]:
    """Every combination of the method's own choices that meets the budget, with the size of each member.

    Raises:
        UserError: none does: the budget is too small, or jumped over; what is said of the first.
    """
    found: list[tuple[Mapping[str, Any], tuple[Size, ...]]] = []
    failed: UserError | None = None
    for values in product(*one.fusion.knobs.values()):
        knobs = dict(zip(one.fusion.knobs, values, strict=True))
        try:
            found.append((knobs, _sizes(one, knobs, dims, outputs, budget, tolerance)))
        except UserError as error:
            failed = failed or error
    if not found and failed is not None:
        raise failed
    return found


def configured(
    one: Entry, trial: int, dims: Sequence[int], outputs: int, budget: int, tolerance: float
) -> tuple[Config, tuple[Size, ...]]:
    """What a trial trains with, and how large each member then is. ``UserError`` as ``fitting``."""
    fit = fitting(one, dims, outputs, budget, tolerance)
    config = draw(trial, [knobs for knobs, _ in fit], {switch.name: switch.knobs for switch in one.switches})
    return config, next(sizes for knobs, sizes in fit if knobs == config.knobs)


def _sizes(
    one: Entry, knobs: Mapping[str, Any], dims: Sequence[int], outputs: int, budget: int, tolerance: float
) -> tuple[Size, ...]:
    """The width of each member, so that all together meet the budget."""
    return tuple(
        sized(
            one.fusion,
            [dims[number] for number in member.modalities],
            outputs,
            round(budget * member.share),
            tolerance=tolerance,
            knobs=knobs,
        )
        for member in one.members
    )
