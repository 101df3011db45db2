"""Stored ranges of a stage's items: how they lie beside one another, and what they are together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError

COMPACT_EVERY = 256


@dataclass(frozen=True, slots=True)
class Part:
    """A stored range of a stage's items: ``start`` to ``stop``, in ``file``, with the hashes that were journalled."""

    file: str
    start: int
    stop: int
    sha256: frozenset[str]
    writer: str


def joined(batches: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Batches below one another; one in which every item failed is a column of NaN and takes the others' width."""
    width = max(batch.shape[1] for batch in batches)
    if any(batch.shape[1] not in (1, width) for batch in batches):
        raise RunFailedError(
            f"The model returned vectors of different lengths ({', '.join(sorted({str(b.shape[1]) for b in batches}))}): "
            "it has to keep to one."
        )
    dtype = np.result_type(*(batch.dtype for batch in batches))
    return np.concatenate([np.broadcast_to(batch, (len(batch), width)).astype(dtype, copy=False) for batch in batches])


def parts_only(parts: Sequence[Part]) -> list[Part]:
    """Those that were not joined into blocks yet."""
    return [part for part in parts if "/part-" in part.file]


def cover(parts: Sequence[Part]) -> Iterator[tuple[Part, int, int]]:
    """Which items to take from which part. Where parts overlap, the one that begins first, then the longer, then by name."""
    done = 0
    for part in sorted(parts, key=lambda part: (part.start, -part.stop, part.file)):
        if part.stop > done:
            yield part, max(part.start, done), part.stop
            done = part.stop


def neighbours(parts: list[Part]) -> Iterator[list[Part]]:
    """Runs of at most ``COMPACT_EVERY`` parts that follow one another without a gap."""
    run: list[Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if run and (part.start != run[-1].stop or len(run) == COMPACT_EVERY):
            yield run
            run = []
        run.append(part)
    if run:
        yield run
