"""Under which conditions methods are compared: the same for all, and part of every result's identity."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mmbench.errors import UserError

VERSION = 1  # of the training code: a change that moves a score bumps it


@dataclass(frozen=True, slots=True)
class Protocol:
    """The conditions.

    Attributes:
        budget: trained parameters, head included; the width of each method is solved from its formula.
        tolerance: by which share a method may miss the budget.
        trials: configurations that the search tries; the first is the default, the others are random.
        seeds: of initialisation, order of rows and dropout; the chosen configuration is trained under each.
        updates: steps of the optimiser, at most.
        check: updates between two looks at the validation loss.
        patience: looks without a loss that is better by 0.001 after which training stops.
        batch_size: rows per update; all of them where a split is smaller.
        reduce: principal components that are kept per modality; ``None`` keeps the features as they are.
        max_steps: longer sequences are averaged down to this many steps.
        search_per_seed: the search is made under every seed, and each keeps its own choice; else under the first, for all.
    """

    budget: int = 50_000
    tolerance: float = 0.05
    trials: int = 10
    seeds: int = 5
    updates: int = 2_000
    check: int = 50
    patience: int = 6
    batch_size: int = 128
    reduce: int | None = 64
    max_steps: int = 50
    search_per_seed: bool = False

    def __post_init__(self) -> None:
        for name in ("budget", "trials", "seeds", "updates", "check", "patience", "batch_size", "max_steps"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name.replace('_', '-')} has to be at least 1, and is {getattr(self, name)}.")
        if self.reduce is not None and self.reduce < 1:
            raise UserError(f"--reduce has to be at least 1, or 0 to keep all features, and is {self.reduce}.")
        if not 0 < self.tolerance < 1:
            raise UserError(f"The tolerance of the budget has to lie between 0 and 1, and is {self.tolerance}.")

    @property
    def searches(self) -> range:
        """The seeds under which a search is made."""
        return range(self.seeds if self.search_per_seed else 1)

    @property
    def training(self) -> Mapping[str, Any]:
        """What moves the outcome of one training. How many trials, seeds and searches there are does not: more go on where fewer ended."""
        kept = ("budget", "tolerance", "updates", "check", "patience", "batch_size")
        return {"version": VERSION, **{name: value for name, value in asdict(self).items() if name in kept}}

    @property
    def facts(self) -> dict[str, Any]:
        """JSON facts, all of them."""
        return {"version": VERSION, **asdict(self)}
