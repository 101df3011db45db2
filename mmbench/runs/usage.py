"""What answers took: how it is stored beside them, and what it comes to."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from mmbench.samples import Usage

COLUMNS = {
    "input_tokens": "int64",
    "output_tokens": "int64",
    "cost": "float64",
    "seconds": "float64",
    "attempts": "int64",
}  # of Parquet


def as_fields(usage: Usage | None) -> dict[str, Any]:
    """What is known, for JSON: whole and finite numbers."""
    known = {name: value for name in COLUMNS if (value := getattr(usage, name, None)) is not None}
    numbers = {name: int(value) if COLUMNS[name] == "int64" else float(value) for name, value in known.items()}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def from_fields(fields: Mapping[str, Any], seconds: float | None = None) -> Usage | None:
    """What was stored; ``seconds`` is an answer's share of its batch, and stands in where nobody timed the answer itself."""
    known = {name: fields[name] for name in COLUMNS if fields.get(name) is not None}
    if seconds is not None:
        known.setdefault("seconds", seconds)
    return Usage(**known) if known else None


def totals(usages: Collection[Usage]) -> dict[str, Any]:
    """What items took together: sums of tokens, cost and attempts, and the median and 95th percentile of seconds per item.

    Only what somebody knew is there, and ``…_known_of`` how many items it is known of where not of all.
    """
    found: dict[str, Any] = {}
    for name in COLUMNS:
        known = [getattr(usage, name) for usage in usages if getattr(usage, name) is not None]
        if not known:
            continue
        if name == "seconds":
            median, p95 = np.quantile(known, [0.5, 0.95]).tolist()
            found["seconds_per_item"] = {"median": round(median, 6), "p95": round(p95, 6)}
        else:
            found[name] = round(sum(known), 6)
        if len(known) < len(usages):
            found[f"{name}_known_of"] = len(known)
    return found


def columns(ids: Sequence[str], stages: Sequence[Mapping[str, Usage]]) -> dict[str, list[float | None]]:
    """Per quantity that is known of any item what each one took, over all stages; ``None`` where nobody knew."""
    found = {}
    for name in COLUMNS:
        sums: dict[str, float] = {}
        for stage in stages:
            for key, usage in stage.items():
                value = getattr(usage, name)
                if value is not None:
                    sums[key] = sums.get(key, 0) + value
        values = [sums.get(key) for key in ids]
        if any(value is not None for value in values):
            found[name] = values
    return found
