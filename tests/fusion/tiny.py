"""A small comparison that is trained in seconds: rows with a known signal, few updates, and the study of some methods on them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mmbench.fusion.blocks import Block, Column
from mmbench.fusion.crew import Crew
from mmbench.fusion.data.stored import FusionData
from mmbench.fusion.entries import chosen, named
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.study import Study, entrants, study
from mmbench.samples import Sample
from tests.fusion.small_tasks import CLASSES, Given, parts

SIZES: Mapping[str, int] = MappingProxyType({"train": 96, "validation": 40, "test": 40})
NAMES = ("a", "b")
WIDTH = 4
SMALL: Mapping[str, Any] = MappingProxyType(
    {"budget": 600, "trials": 2, "seeds": 2, "updates": 30, "check": 10, "batch_size": 32}
)
LIKE_COMMAND: Mapping[str, Any] = MappingProxyType(
    {"budget": 600, "trials": 2, "seeds": 2, "updates": 30, "batch_size": 32, "progress": False, "workers": 1}
)


def small(**changes: Any) -> Protocol:
    return Protocol(**{**SMALL, **changes})


def given(
    sizes: Mapping[str, int] = SIZES, *, target: str = "class", steps: int = 1, names: Sequence[str] = NAMES, seed: int = 0
) -> Given:  # fmt: skip
    """Samples with features; the class is whether the first numbers of ``a`` and ``b`` have one sign, the value their product."""
    random = np.random.default_rng(seed)
    found: Given = {}
    for split, n in sizes.items():
        found[split] = []
        for row in range(n):
            held = {name: random.normal(size=(steps, WIDTH)) for name in names}
            signs = random.choice([-2.0, 2.0], size=len(names))
            for sign, values in zip(signs, held.values(), strict=True):
                values[:, 0] = 0.3 * values[:, 0] + sign
            product = float(np.prod([values[:, 0].mean() for values in list(held.values())[:2]]))
            label = CLASSES[int(product > 0)] if target == "class" else max(-3.0, min(3.0, round(product / 2, 2)))
            content = parts({name: values.astype(np.float32) for name, values in held.items()})
            found[split].append(Sample(f"{split}-{row}", content, target=label, group=f"{split}-{row // 2}"))
    return found


def numbered(rows: Given, targets: Any) -> Given:
    """The same rows with other targets, ``targets(split, row)``."""
    return {
        split: [replace(one, target=targets(split, row)) for row, one in enumerate(held)]
        for split, held in rows.items()
    }


def block(n: int = 64, *, seed: int = 0, steps: int = 0, classes: bool = True, names: Sequence[str] = NAMES) -> Block:
    """Rows in memory, of the same signal."""
    random = np.random.default_rng(seed)
    shape = (n, steps, WIDTH) if steps else (n, WIDTH)
    values = [random.normal(size=shape).astype(np.float32) for _ in names]
    first = [one[..., 0] if not steps else one[..., 0].mean(1) for one in values]
    product = first[0] * first[1]
    return Block(
        [f"row-{seed}-{number}" for number in range(n)],
        tuple(Column(name, one, np.ones(shape[:-1], dtype=bool)) for name, one in zip(names, values, strict=True)),
        (product > 0).astype(np.int64) if classes else product.astype(np.float32),
        [f"cluster-{number // 2}" for number in range(n)],
    )


def compared(
    data: FusionData, methods: str | Sequence[str], out: Path, *, workers: int = 1, **protocol: Any
) -> Study:  # fmt: skip
    """The study of some methods."""
    rules = small(**protocol)
    who = entrants(data, chosen(methods, data.names), rules, named(methods))
    with Crew(workers) as crew:
        return study(data, who, rules, out, crew=crew, device="cpu", progress=False)
