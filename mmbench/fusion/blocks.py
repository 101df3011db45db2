"""The rows that fusion methods see, as arrays: inputs by modality with masks, targets, and what is known beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """One modality of some rows.

    Attributes:
        name: ``image``, ``text``, ``audio``, ``vision``, …
        values: float32 ``(n, d)``, or ``(n, T, d)`` with zeros where there is no step.
        mask: bool ``(n,)`` or ``(n, T)``; False throughout where the modality is missing.
    """

    name: str
    values: Floats = field(repr=False)
    mask: Mask = field(repr=False)

    def take(self, rows: Any) -> "Column":
        """Some of the rows."""
        return replace(self, values=self.values[rows], mask=self.mask[rows])


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a split.

    Attributes:
        ids: of the samples.
        inputs: a column per modality, in one order for all blocks of a study.
        targets: int64 class numbers ``(n,)``, -1 for a class that training does not have; or float32 values ``(n,)``.
        clusters: what the samples share, as in ``Sample.group``; the id where there is nothing.
        facts: what is known beside the content, a value per row: what a shortcut could use (speaker, show, the exact text).
    """

    ids: Sequence[str]
    inputs: tuple[Column, ...]
    targets: NDArray[Any] = field(repr=False)
    clusters: Sequence[str] = field(repr=False)
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        return tuple(column.name for column in self.inputs)


def take(block: Block, rows: Any) -> Block:
    """Some of the rows, by a slice or their numbers."""
    numbers = np.arange(len(block))[rows]
    return Block(
        [block.ids[number] for number in numbers],
        tuple(column.take(rows) for column in block.inputs),
        block.targets[rows],
        [block.clusters[number] for number in numbers],
        {name: [held[number] for number in numbers] for name, held in block.facts.items()},
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be predicted, and by what validation chooses.

    Attributes:
        classes: in the order of the outputs; empty where a number is predicted.
        measure: ``accuracy``, ``balanced_accuracy``, ``f1w``, ``f1_macro``; of numbers ``corr`` or ``mae``.
        convention: of ``sentiment_regression``, where numbers are predicted.
    """

    classes: tuple[str, ...]
    measure: str
    convention: str = ""

    @property
    def outputs(self) -> int:
        """Columns that a model gives: one per class, or one."""
        return len(self.classes) or 1

    @property
    def higher_is_better(self) -> bool:
        """The direction of the measure."""
        return self.measure != "mae"
