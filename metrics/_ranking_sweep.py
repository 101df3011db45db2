"""Counting what stands above and beside every group of positives: one pass over the blocks of one matrix product."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmbench.metrics._positives import IntArray, Pairs
from mmbench.metrics._ranking import Backend, Counted, Limit, Side, Tile, exact_scores, quiet, tie_tolerance
from mmbench.metrics._sorted_rows import count_above
from mmbench.metrics._tie_groups import GroupCounts, TieGroups, tie_groups
from mmbench.metrics.spec import Array

UNIT = 2.0**-24  # rounding of one float32 operation
ROWS = 1024  # of the longer side per product: smaller costs BLAS speed, larger only memory
COLUMNS_PER_ROW = 8  # a tile is 1024 x 8192: 32 MiB
LEVELS = 16  # thresholds per line that tiles compare with; a line with more is cheaper to score in float64 and sort
CELLS = 2**22  # scores of such lines at a time: 32 MiB


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of ranking: its groups of positives and their running counts.

    Attributes:
        own, other: the ranked side and its gallery (or a part of that).
        pairs: positives within this gallery, own index first.
        scores: of these pairs, float64.
        groups: of all positives.
        greater, tied: ``(g + 1,)``; the last entry takes what belongs to no group.
        levels: per level, the lines and groups that tiles count, sorted by line.
        many: lines with too many groups for that.
    """

    own: Side
    other: Side
    pairs: Pairs
    scores: Array
    groups: TieGroups
    greater: IntArray
    tied: IntArray
    levels: list[tuple[IntArray, IntArray]]
    many: IntArray

    @classmethod
    def make(cls, own: Side, other: Side, pairs: Pairs, scores: Array, groups: TieGroups) -> "Direction":
        """Nothing counted yet; groups without a finite score need no counting."""
        finite = np.isfinite(groups.score)
        per_line = np.bincount(groups.line[finite], minlength=groups.n_lines)
        many = np.flatnonzero(per_line > LEVELS)
        finite &= per_line[groups.line] <= LEVELS
        levels = []
        for level in range(int(per_line[per_line <= LEVELS].max(initial=0))):
            at = np.flatnonzero(finite & (groups.level == level))
            levels.append((groups.line[at], at))
        zeros = np.zeros(len(groups.line) + 1, dtype=np.int64)
        return cls(own, other, pairs, scores, groups, zeros, zeros.copy(), levels, many)

    def limits(self, block: slice, axis: int) -> Iterator[tuple[Limit, IntArray]]:
        """What to count against in a block of lines, with the groups that the counts belong to."""
        size = block.stop - block.start
        for lines, groups in self.levels:
            part = slice(*np.searchsorted(lines, (block.start, block.stop)).tolist())
            inside, own = lines[part] - block.start, groups[part]
            if 2 * len(own) < size:
                if len(own):
                    yield Limit(axis, inside, self.groups.score[own]), own
                continue
            best, belongs = np.full(size, np.inf), np.full(size, -1)
            best[inside], belongs[inside] = self.groups.score[own], own
            yield Limit(axis, None, best), belongs

    def add(self, groups: IntArray, counted: Counted) -> None:
        """Add the counts of one limit."""
        self.greater[groups] += counted[0]
        self.tied[groups] += counted[1]

    def counts(self, backend: Backend) -> GroupCounts:
        """The finished counts; a group that failed stands behind every candidate that did not."""
        self._count_many(backend)
        dead_pairs = np.isneginf(self.scores)
        n, n_other = len(self.own.scale), len(self.other.scale)
        alive = n_other - int(self.other.dead.sum())
        line = self.groups.line
        lost = np.isneginf(self.groups.score) & ~self.own.dead[line]  # a failed line's counts say nothing
        greater = alive - np.bincount(self.pairs.rows[~dead_pairs], minlength=n)[line]
        tied = n_other - alive - np.bincount(self.pairs.rows[dead_pairs], minlength=n)[line]
        return GroupCounts(
            self.groups,
            np.where(lost, greater, self.greater[:-1]),
            np.where(lost, tied, self.tied[:-1]),
            n_other,
            self.own.dead if self.own.dead.any() else None,
        )

    def _count_many(self, backend: Backend) -> None:
        """Lines with many groups: their float64 scores, sorted. All ties are as wide as the line's widest."""
        reach = 2 * tie_tolerance(self.own.x.shape[1]) * self.other.length.max(initial=0.0)
        columns = max(1, min(len(self.other.scale), CELLS))
        height = max(1, CELLS // columns)
        place = np.zeros(len(self.own.scale), dtype=np.int64)
        for top in range(0, len(self.many), height):
            lines = self.many[top : top + height]
            place[lines] = np.arange(len(lines))
            own = _of_lines(self.groups.line, lines)
            own = own[np.isfinite(self.groups.score[own])]
            groups = self.groups.take(own).numbered(len(lines), place)
            pairs = _of_lines(self.pairs.rows, lines)
            rows, at = place[self.pairs.rows[pairs]], self.pairs.columns[pairs]
            for start in range(0, len(self.other.scale), columns):
                part = slice(start, min(start + columns, len(self.other.scale)))
                scores = backend.products(self.own, self.other, lines, part)
                scores[:, self.other.dead[part]] = -np.inf
                here = (at >= part.start) & (at < part.stop)
                scores[rows[here], at[here] - start] = -np.inf
                none = np.zeros(len(lines), dtype=np.int64)  # finite groups never tie with what is masked
                self.add(own, count_above(scores, groups, none, reach * self.own.length[lines]))


def _of_lines(line: IntArray, lines: IntArray) -> IntArray:
    """Where the sorted ``line`` is one of the sorted ``lines``."""
    first, last = np.searchsorted(line, (lines[0], lines[-1] + 1))
    return np.asarray(first + np.flatnonzero(np.isin(line[first:last], lines)))


def count_embeddings(
    queries: Side,
    candidates: Side,
    pairs: Pairs,
    backend: Backend,
    *,
    both: bool = False,
    every: bool = False,
    gain: Array | None = None,
    block_size: int | None = None,
) -> tuple[GroupCounts, GroupCounts | None]:
    """Counts for every query among the candidates and, with ``both``, for every candidate among the queries.

    With ``every``, all groups of positives are counted, else the best of each line. ``gain`` is one per pair.
    """
    with quiet():
        scores = exact_scores(backend, queries, candidates, pairs.rows, pairs.columns)
        groups = pair_groups(queries, pairs.rows, scores, gain, candidates.length[pairs.columns])
        forward = Direction.make(queries, candidates, pairs, scores, groups if every else groups.best())
        backward = None
        if both:
            back, order = pairs.flipped()
            gain = None if gain is None else gain[order]
            groups = pair_groups(candidates, back.rows, scores[order], gain, queries.length[back.columns])
            backward = Direction.make(candidates, queries, back, scores[order], groups if every else groups.best())
        sweep(forward, backward, backend, block_size)
        return forward.counts(backend), backward.counts(backend) if backward is not None else None


def pair_groups(own: Side, line: IntArray, scores: Array, gain: Array | None, other_length: Array) -> TieGroups:
    """The groups of positive pairs, which tie when their float64 scores are the same number up to rounding."""
    near = tie_tolerance(own.x.shape[1]) * own.length[line] * (2 * other_length)
    return tie_groups(len(own.scale), line, scores, gain, near)


def sweep(forward: Direction, backward: Direction | None, backend: Backend, block_size: int | None) -> None:
    """Count all blocks, widening the band until no positive's error exceeds half of it.

    Blocks take their rows from the longer side and columns from the shorter one, so that a block stays small.
    """
    flipped = len(forward.own.scale) < len(forward.other.scale)
    sides = (forward.other, forward.own) if flipped else (forward.own, forward.other)
    axes = [(forward, int(flipped))] + ([(backward, int(not flipped))] if backward is not None else [])
    pairs, scores = forward.pairs, forward.scores
    if flipped:
        pairs, order = pairs.flipped()
        scores = scores[order]
    depth = max(int(sides[0].x.shape[1]), 1)
    band = (8 + depth**0.5) * UNIT
    while not _try_sweep(_tiles(sides, pairs, scores, axes, band, block_size or ROWS), backend):
        # Rounding errors of like-signed products add up one way (a collapsed model), and TF32 rounds coarsely; both
        # show on the positives. Only speed depends on the band: what falls inside is decided in float64.
        band *= 8
        for direction, _ in axes:
            direction.greater[:] = 0
            direction.tied[:] = 0


Targets = list[tuple[Direction, IntArray]]


def _tiles(
    sides: tuple[Side, Side], pairs: Pairs, scores: Array, axes: list[tuple[Direction, int]], band: float, rows: int
) -> Iterator[tuple[Tile, Targets]]:
    n_left, n_right = (len(side.scale) for side in sides)
    for column in range(0, n_right, rows * COLUMNS_PER_ROW):
        columns = slice(column, min(column + rows * COLUMNS_PER_ROW, n_right))
        for row in range(0, n_left, rows):
            block = slice(row, min(row + rows, n_left))
            first, last = np.searchsorted(pairs.rows, (block.start, block.stop))
            inside = np.arange(first, last)
            at = pairs.columns[inside]
            inside = inside[(at >= columns.start) & (at < columns.stop)]
            local = Pairs(pairs.rows[inside] - block.start, pairs.columns[inside] - columns.start)
            limits: list[Limit] = []
            targets: Targets = []
            for direction, axis in axes:
                for limit, groups in direction.limits(columns if axis else block, axis):
                    limits.append(limit)
                    targets.append((direction, groups))
            yield Tile(block, columns, local, scores[inside], limits, band, sides), targets


def _try_sweep(tiles: Iterator[tuple[Tile, Targets]], backend: Backend) -> bool:
    """Add up all tiles; false as soon as one finds float32 less exact than its band assumes."""
    loaded: tuple[slice, Any] | None = None
    for tile, targets in tiles:
        left, right = tile.sides
        if loaded is None or loaded[0] != tile.columns:
            loaded = (tile.columns, backend.load(right.x, tile.columns, right.scale))
        found = backend.tile(backend.load(left.x, tile.rows, left.scale), loaded[1], tile)
        if found is None:
            return False
        for (direction, groups), counted in zip(targets, found, strict=True):
            direction.add(groups, counted)
    return True
