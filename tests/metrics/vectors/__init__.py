"""mmbench beside the official scorers' outputs, as rows of one table; a family is a file here with ``rows()``.

``python -m tests.metrics.vectors`` (``make vectors``) prints the table.
"""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.discovery import modules_in

OFFICIAL = Path(__file__).parents[1] / "official"
FULL = Path(__file__).parents[3].parent / "shared" / "vectors"  # has the few files that are too large to keep here


@dataclass(frozen=True)
class Row:
    """One comparison: how far mmbench is from the reference over a number of values.

    Attributes:
        function: what of mmbench was called.
        case: input, options and the reference it is compared with.
        values: how many values were compared.
        difference: the largest absolute difference; NaN on one side only is infinity.
        tolerance: what is allowed: 0 for ranks, counts and parses.
    """

    function: str
    case: str
    values: int
    difference: float
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def compare(function: str, case: str, found: Any, wanted: Any, tolerance: float) -> Row:
    """One row from two arrays of numbers of the same shape; ``None`` is NaN, and NaN equals NaN."""
    ours, theirs = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    if ours.shape != theirs.shape or not ours.size:
        raise ValueError(f"{function}, {case}: shapes {ours.shape} and {theirs.shape}.")
    both = np.isnan(ours) & np.isnan(theirs) | (ours == theirs)
    with np.errstate(invalid="ignore"):
        gap = np.where(both, 0.0, np.abs(ours - theirs))
    return Row(function, case, ours.size, float(np.where(np.isnan(gap), np.inf, gap).max()), tolerance)


def same(function: str, case: str, found: Any, wanted: Any) -> Row:
    """One row from two sequences of anything that can only be equal or not: the difference is how many are not."""
    ours, theirs = list(found), list(wanted)
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"{function}, {case}: lengths {len(ours)} and {len(theirs)}.")
    return Row(function, case, len(ours), sum(a != b for a, b in zip(ours, theirs, strict=True)), 0.0)


def official(name: str) -> Any:
    """A file of official vectors: parsed JSON, lines of text, or an opened npz; ``None`` if it is not here."""
    packed, plain = OFFICIAL / f"{name}.xz", OFFICIAL / name
    if packed.is_file():
        return json.loads(lzma.decompress(packed.read_bytes()))
    if not plain.is_file():
        plain = FULL / name
    if not plain.is_file():
        return None
    if plain.suffix in (".npz", ".npy"):
        return np.load(plain)
    text = plain.read_text(encoding="utf-8")
    return json.loads(text) if plain.suffix == ".json" else text.splitlines()


def table() -> Iterator[Row]:
    """All rows of all families."""
    for module in modules_in("tests.metrics.vectors"):
        yield from module.rows()
