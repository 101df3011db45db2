"""Counting in rows of scores: by comparing where one threshold is asked for, by sorting where there are many."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._byte_lanes import ByteLanes
from mmbench.metrics._inputs import to_numpy
from mmbench.metrics._positives import IntArray, Pairs
from mmbench.metrics._tie_groups import GroupCounts, TieGroups, tie_groups
from mmbench.metrics.spec import Array

CELLS = 2**20  # scores looked at together, so that they stay in cache
FEW = 4  # up to so many thresholds per row on average, comparing is cheaper than sorting


def count_score_rows(
    blocks: Iterable[Any],
    pairs: Pairs,
    shape: tuple[int, int],
    *,
    every: bool = False,
    gain: Array | None = None,
    near: Array | None = None,
) -> GroupCounts:
    """Counts for every row of scores that arrive in blocks of rows.

    Args:
        blocks: arrays ``(b, N)`` that follow each other; their heights don't matter.
        pairs: the positives.
        shape: ``(Q, N)``.
        every: count for all groups of positives, not only for the best of each row.
        gain: of each pair.
        near: ``(Q,)``, how far apart two scores of a row may be and still tie; ``None``: not at all.

    Raises:
        ValueError: a score is NaN or plus infinity, or the blocks don't add up to ``shape``.
    """
    parts: list[tuple[TieGroups, IntArray, IntArray]] = []
    top = 0
    for block in _cut(blocks, shape):
        rows = slice(top, top + len(block))
        first, last = np.searchsorted(pairs.rows, (rows.start, rows.stop))
        local = Pairs(pairs.rows[first:last] - top, pairs.columns[first:last])
        own = block[local.rows, local.columns].astype(np.float64)
        slack = None if near is None else near[rows]
        groups = tie_groups(
            len(block), local.rows, own, None if gain is None else gain[first:last], _per_pair(slack, local)
        )
        groups = groups if every else groups.best()
        block[local.rows, local.columns] = -np.inf
        parts.append((groups, *count_above(block, groups, np.bincount(local.rows, minlength=len(block)), slack)))
        top = rows.stop
    if top != shape[0]:
        raise ValueError(f"the blocks of scores hold {top} rows, but positives are given for {shape[0]} queries.")
    return _joined(parts, shape)


def count_above(
    block: NDArray[Any], groups: TieGroups, masked: IntArray, near: Array | None
) -> tuple[IntArray, IntArray]:
    """Negatives above and tied with each group of the rows of ``block``, whose positives are minus infinity.

    Args:
        block: ``(b, N)`` floats.
        groups: of these rows.
        masked: ``(b,)``, how many positives each row has; they are not negatives.
        near: ``(b,)``, how far apart scores may be and still tie.
    """
    slack = 0.0 if near is None else near[groups.line]
    high, low = groups.score + slack, groups.score - slack
    above, at_least = np.zeros(len(groups.line), dtype=np.int64), np.zeros(len(groups.line), dtype=np.int64)
    levels, lanes = int(groups.level.max(initial=-1)) + 1, ByteLanes()
    if levels == 1 or len(groups.line) <= FEW * len(block):
        for level in range(levels):
            at = np.flatnonzero(groups.level == level)
            part = block if len(at) == len(block) else block[groups.line[at]]
            above[at] = lanes.count(np.greater, part, high[at, None].astype(block.dtype), 0)
            at_least[at] = lanes.count(np.greater_equal, part, low[at, None].astype(block.dtype), 0)
    else:
        ordered = np.sort(block, axis=1)
        starts = np.searchsorted(groups.line, np.arange(len(block) + 1))
        for row, (first, last) in enumerate(pairwise(starts.tolist())):
            own = slice(first, last)
            above[own] = block.shape[1] - np.searchsorted(ordered[row], high[own].astype(block.dtype), side="right")
            at_least[own] = block.shape[1] - np.searchsorted(ordered[row], low[own].astype(block.dtype), side="left")
    not_negatives = np.where(np.isneginf(groups.score), masked[groups.line], 0)
    return above, at_least - above - not_negatives


def _cut(blocks: Iterable[Any], shape: tuple[int, int]) -> Iterator[NDArray[Any]]:
    """Copies of at most ``CELLS`` checked scores, in float32 if that holds them exactly."""
    height = max(1, CELLS // max(shape[1], 1))
    top = 0
    for block in blocks:
        if block.ndim != 2 or block.shape[1] != shape[1]:
            raise ValueError(f"a block of scores must have shape (rows, {shape[1]}), got {tuple(block.shape)}.")
        for start in range(0, block.shape[0], height):
            part = to_numpy(block[start : start + height])
            exact = np.float32 if part.dtype in (np.float16, np.float32) else np.float64
            part = np.array(part, dtype=exact)
            good = part.max(axis=1, initial=-np.inf) < np.inf
            if not good.all():
                raise ValueError(f"scores row {top + int(np.argmin(good))} holds NaN or plus infinity.")
            yield part
            top += len(part)


def _per_pair(near: Array | None, pairs: Pairs) -> Array | None:
    return None if near is None else near[pairs.rows]


def _joined(parts: list[tuple[TieGroups, IntArray, IntArray]], shape: tuple[int, int]) -> GroupCounts:
    offsets = np.cumsum([0] + [groups.n_lines for groups, *_ in parts])
    lines = [groups.line + offset for (groups, *_), offset in zip(parts, offsets, strict=False)]

    def join(arrays: list[Any], dtype: Any) -> Any:
        return np.concatenate(arrays) if arrays else np.empty(0, dtype=dtype)

    groups = TieGroups(
        shape[0],
        join(lines, np.int64),
        *(
            join([getattr(groups, name) for groups, *_ in parts], dtype)
            for name, dtype in (
                ("level", np.int64),
                ("score", np.float64),
                ("size", np.int64),
                ("ahead", np.int64),
                ("gain", np.float64),
                ("gains", np.float64),
            )
        ),
    )
    greater, tied = (join([part[i] for part in parts], np.int64) for i in (1, 2))
    return GroupCounts(groups, greater, tied, shape[1])
