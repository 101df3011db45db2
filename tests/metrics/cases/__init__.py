"""One ``Case`` per metric: what the contract test of all metrics needs to know of each. A family is a file here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torchmetrics

from mmbench.discovery import collect
from mmbench.metrics import Metric

Args = tuple[Any, ...]
Bounds = Mapping[str, float | tuple[float, float]]


def take(args: Args, indices: Any) -> Args:
    """The samples ``indices`` of every argument: lists, arrays and tensors whose first axis is the sample."""
    rows = np.asarray(indices, dtype=np.int64)
    return tuple(
        [x[i] for i in rows]
        if isinstance(x, list | tuple)
        else x[torch.from_numpy(rows) if torch.is_tensor(x) else rows]
        for x in args
    )


@dataclass(frozen=True)
class Case:
    """One metric under the contract.

    Attributes:
        name: unique; shown in test ids.
        spec: the ``Metric``.
        build: makes its torchmetrics class, without arguments.
        sample: ``(rng, n)`` to the arguments of ``update``: ``n`` random samples of a middling model (some right, some
            wrong, ties, failed ones where the metric has them).
        oracle: those arguments with predictions that are all right; every key must then be at its best bound.
        constant: those arguments with one and the same prediction for all.
        oracle_values: where the best value isn't the bound of the key.
        constant_values: what the constant model must get, worked out by hand or by a reference: number, or (low, high).
        random: ``(rng, n)`` to arguments of a model that guesses; each key with ``chance`` must come near it.
        bad: arguments of ``update`` with a regular expression that the ``ValueError`` must match.
        take: selects samples; for metrics with two sides, batches of both.
        whole: ``update``'s arguments to the values of the functional form, where that isn't ``spec.per_sample``.
    """

    name: str
    spec: Metric
    build: Callable[[], torchmetrics.Metric]
    sample: Callable[[np.random.Generator, int], Args]
    oracle: Callable[[Args], Args]
    constant: Callable[[Args], Args]
    constant_values: Bounds
    oracle_values: Bounds = field(default_factory=dict)
    random: Callable[[np.random.Generator, int], Args] | None = None
    bad: Sequence[tuple[Args, str]] = ()
    take: Callable[[Args, Any], Args] = take
    whole: Callable[[Args], Mapping[str, float]] | None = None

    def values(self, args: Args) -> dict[str, float]:
        """What the functional form gives for the arguments of one ``update``."""
        if self.whole is not None:
            return dict(self.whole(args))
        return self.spec.aggregate(self.spec.per_sample(*args))

    def found(self, metric: torchmetrics.Metric) -> dict[str, float]:
        """What the class gives, as a dict also where it is a scalar."""
        value = metric.compute()
        named = value if isinstance(value, dict) else {next(iter(self.spec.keys)): value}
        return {key: float(x) for key, x in named.items()}


def all_cases() -> list[Case]:
    """Every case of every file in this folder."""
    return list(collect("tests.metrics.cases", Case))
