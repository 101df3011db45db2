"""The random search that every method gets: the same draws for all, and what the best of k of them is worth."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmbench.fusion.base import Knobs

LEARNING_RATES = (3e-4, 1e-2)  # drawn evenly on a logarithmic scale, and so are weight decays
WEIGHT_DECAYS = (1e-6, 1e-1)
DROPOUTS = (0.0, 0.1, 0.2, 0.3, 0.5)
SPACE: Mapping[str, Any] = MappingProxyType(
    {"learning_rate": LEARNING_RATES, "weight_decay": WEIGHT_DECAYS, "dropout": DROPOUTS}
)
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Config:
    """What one trial trains with.

    Attributes:
        learning_rate, weight_decay: of AdamW.
        dropout: before the head and inside a method, where it has any.
        knobs: the method's own choices.
        switches: the choices of each switch, by its name.
    """

    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    dropout: float = 0.1
    knobs: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    switches: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)

    @property
    def facts(self) -> dict[str, Any]:
        """JSON facts."""
        return {**asdict(self), "knobs": dict(self.knobs), "switches": {k: dict(v) for k, v in self.switches.items()}}


def draw(trial: int, choices: Sequence[Mapping[str, Any]], switches: Mapping[str, Knobs]) -> Config:
    """The configuration of a trial.

    Learning rate, weight decay and dropout of trial k are the same for every method. Trial 0 is the default, with the method's first
    choice and the first value of every switch.

    Args:
        trial: its number.
        choices: the method's own knobs, every combination that fits the budget.
        switches: the knobs of each switch.
    """
    theirs = {
        switch: {name: values[_index(trial, len(values), f"{switch} {name}")] for name, values in given.items()}
        for switch, given in switches.items()
    }
    own = choices[_index(trial, len(choices), "knobs")]
    if trial == 0:
        return Config(knobs=own, switches=theirs)
    random = np.random.default_rng([trial, 1])
    rate, decay = (
        float(f"{np.exp(random.uniform(np.log(low), np.log(high))):.3g}")
        for low, high in (LEARNING_RATES, WEIGHT_DECAYS)
    )
    return Config(rate, decay, DROPOUTS[int(random.integers(len(DROPOUTS)))], own, theirs)


def _index(trial: int, n: int, name: str) -> int:
    return 0 if trial == 0 else int(np.random.default_rng([trial, zlib.crc32(name.encode())]).integers(n))


def expected_best(values: ArrayLike, *, higher_is_better: bool = True) -> list[float]:
    """What the best of k random trials is worth on average, for k = 1 to n.

    Args:
        values: ``(n,)`` what each trial reached on the validation split.
        higher_is_better: the direction.

    Returns:
        n numbers; the last is the best value but for ties with chance: E[max] of n draws with replacement.

    Source: Dodge et al. (2019), "Show Your Work: Improved Reporting of Experimental Results".
    """
    sign = 1.0 if higher_is_better else -1.0
    ordered = np.sort(sign * np.asarray(values, dtype=np.float64))
    n = len(ordered)
    below = np.arange(n + 1) / n
    return [float(sign * (ordered * np.diff(below**k)).sum()) for k in range(1, n + 1)]
