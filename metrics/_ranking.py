"""Ranking by counting: how many candidates score above each query's best positive, from one blockwise product.

No score matrix is kept and nothing is sorted (memory is one block). float32 products only *filter*: a candidate whose
score is within rounding distance of the positive's is decided by its float64 score, and two float64 scores that agree
to 1e-12 of the vectors' lengths are a tie. So identical embeddings tie exactly, and the counts do not depend on the
BLAS, the block size, the device or TF32: a collapsed model cannot win by the rounding of whichever kernel scored its
positive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._inputs import to_numpy
from mmbench.metrics._positives import IntArray, Pairs
from mmbench.metrics._rank_values import Counts
from mmbench.metrics.spec import Array

BoolArray = NDArray[np.bool_]
UNIT = 2.0**-24  # rounding of one float32 operation
ROWS = 1024  # of the longer side per product: smaller costs BLAS speed, larger only memory
COLUMNS_PER_ROW = 8  # a tile is 1024 x 8192: 32 MiB


class Backend(Protocol):
    """What a library must do for one set of embeddings; everything that crosses this line is NumPy, except blocks.

    ``pair_chunk`` is how many single pairs it takes at a time.
    """

    pair_chunk: int

    def norms(self, x: Any) -> Array:
        """Euclidean norms in float64."""

    def load(self, x: Any, rows: slice, scale: Array) -> Any:
        """A block ``x[rows] / scale[rows]`` in float32."""

    def dots(self, x: Any, y: Any, i: IntArray, j: IntArray) -> Array:
        """Dot products of the pairs ``x[i], y[j]`` in float64."""

    def tile(self, left: Any, right: Any, task: "Tile") -> "TileCounts | None":
        """Score one block, see ``Tile``."""


@dataclass(frozen=True, slots=True)
class Side:
    """One set of embeddings, divided by ``scale`` so that no score exceeds 1.

    Attributes:
        x: ``(n, d)`` array or tensor.
        scale: by which each row is divided: its norm (cosine) or the largest norm of all (dot); 1 for a zero row.
        length: norm of each row after the division, in [0, 1].
        dead: rows that the model gave nothing for: they score minus infinity with everything.
    """

    x: Any
    scale: Array
    length: Array
    dead: BoolArray


@dataclass(frozen=True, slots=True)
class Tile:
    """One block of the matrix: which rows and columns, what to ignore, and what to compare with.

    Attributes:
        rows, columns: slices of the two sides.
        pairs: the positive cells inside, relative to the block.
        pair_scores: their float64 scores, minus infinity for dead ones.
        row_best, column_best: float64 score of the best positive of each row and column; infinity = do not count.
        band: distance from it within which float32 does not decide.
        sides: the two full sides, for deciding.
    """

    rows: slice
    columns: slice
    pairs: Pairs
    pair_scores: Array
    row_best: Array | None
    column_best: Array | None
    band: float
    sides: tuple[Side, Side]

    def exact(self, backend: Backend, i: IntArray, j: IntArray) -> Array:
        """float64 scores of cells of the block."""
        return exact_scores(backend, *self.sides, i + self.rows.start, j + self.columns.start)

    def tolerance(self, i: IntArray, j: IntArray) -> Array:
        """How far apart two float64 scores may be and still be the same number, for cells of the block."""
        left, right = self.sides
        near = left.length[i + self.rows.start] * right.length[j + self.columns.start]
        return np.asarray(tie_tolerance(left.x.shape[1]) * near)


@dataclass(frozen=True, slots=True)
class TileCounts:
    """Negatives above and tied with the best positive of each row and column of a block."""

    row_greater: IntArray
    row_tied: IntArray
    column_greater: IntArray
    column_tied: IntArray


def tie_tolerance(depth: int) -> float:
    """Relative distance below which two float64 dot products of ``depth`` terms differ by order of summation only."""
    return max(1e-12, 4 * depth * 2.0**-53)


def make_side(x: Any, backend: Backend, similarity: str, dead: BoolArray | None, name: str) -> Side:
    """Norms and checks of one set of embeddings ``(n, d)``.

    Raises:
        ValueError: a row (that is not ``dead``) holds a value that is not finite.
    """
    alive = np.ones(x.shape[0], dtype=np.bool_) if dead is None else ~dead
    with _quiet():
        norms = backend.norms(x)
    bad = np.flatnonzero(alive & ~np.isfinite(norms))
    if len(bad):
        raise ValueError(
            f"{name} row {int(bad[0])} holds a value that is not finite (or too large to square in float64)."
        )
    norms = np.where(alive, norms, 0.0)
    scale = norms if similarity == "cosine" else np.full(len(norms), norms.max(initial=0.0))
    scale = np.where(scale > 0, scale, 1.0)
    return Side(x, scale, norms / scale, ~alive)


def exact_scores(backend: Backend, left: Side, right: Side, i: IntArray, j: IntArray) -> Array:
    """float64 scores of the pairs ``(left[i], right[j])``; minus infinity where either is dead."""
    found = np.empty(len(i))
    for start in range(0, len(i), backend.pair_chunk):
        part = slice(start, start + backend.pair_chunk)
        found[part] = backend.dots(left.x, right.x, i[part], j[part]) / (left.scale[i[part]] * right.scale[j[part]])
    found[left.dead[i] | right.dead[j]] = -np.inf
    return found


def count_embeddings(
    queries: Side, candidates: Side, pairs: Pairs, backend: Backend, *, both: bool, block_size: int | None
) -> tuple[Counts, Counts | None]:
    """Counts for every query among the candidates and, with ``both``, for every candidate among the queries.

    Blocks take their rows from the longer side and columns from the shorter one, so that a block stays small.
    """
    with _quiet():
        return _count_embeddings(queries, candidates, pairs, backend, both, block_size)


def _quiet() -> np.errstate:
    """Rows of failed samples may hold anything; what they give is overwritten, so NumPy need not speak of it."""
    return np.errstate(invalid="ignore", over="ignore")


def _count_embeddings(
    queries: Side, candidates: Side, pairs: Pairs, backend: Backend, both: bool, block_size: int | None
) -> tuple[Counts, Counts | None]:
    scores = exact_scores(backend, queries, candidates, pairs.rows, pairs.columns)
    forward = _Direction.make(pairs.rows, pairs.columns, scores, queries, candidates)
    backward = _Direction.make(pairs.columns, pairs.rows, scores, candidates, queries) if both else None
    if len(queries.scale) >= len(candidates.scale):
        _sweep((queries, candidates), pairs, scores, (forward, backward), backend, block_size)
    else:
        flipped = pairs.flipped()
        order = np.lexsort((pairs.rows, pairs.columns))
        _sweep((candidates, queries), flipped, scores[order], (backward, forward), backend, block_size)
    return forward.counts(), backward.counts() if backward is not None else None


def count_score_matrix(scores: Any, pairs: Pairs) -> Counts:
    """Counts for every row of a score matrix ``(Q, N)``, compared exactly.

    Raises:
        ValueError: a score is NaN or plus infinity.
    """
    from mmbench.metrics._ranking_numpy import count_scores

    n, n_candidates = scores.shape
    own = to_numpy(scores[pairs.rows, pairs.columns]).astype(np.float64)
    best = np.full(n, -np.inf)
    np.maximum.at(best, pairs.rows, own)
    at_best = np.bincount(pairs.rows[own == best[pairs.rows]], minlength=n)
    best[at_best == 0] = np.inf
    above, at_least = count_scores(scores, best)
    tied = np.where(at_best > 0, at_least - above - at_best, 0)
    return Counts(above, tied, at_best, n_candidates)


@dataclass(frozen=True, slots=True)
class _Direction:
    """One direction of ranking: thresholds and running counts per ranked row."""

    own: Side
    other: Side
    best: Array
    at_best: IntArray
    positives: IntArray
    greater: IntArray
    tied: IntArray

    @classmethod
    def make(cls, own_index: IntArray, other_index: IntArray, scores: Array, own: Side, other: Side) -> "_Direction":
        n = len(own.scale)
        best = np.full(n, -np.inf)
        np.maximum.at(best, own_index, scores)
        positives = np.bincount(own_index, minlength=n)
        near = tie_tolerance(own.x.shape[1]) * own.length[own_index] * (2 * other.length[other_index])
        gap = best[own_index] - scores  # NaN where all positives failed: they tie
        at_best = np.bincount(own_index[~(gap > near)], minlength=n)
        return cls(own, other, best, at_best, positives, np.zeros(n, np.int64), np.zeros(n, np.int64))

    def thresholds(self) -> Array:
        """The score to compare with; infinity for rows that need no counting."""
        return np.where(np.isfinite(self.best), self.best, np.inf)

    def counts(self) -> Counts:
        """The finished counts; a query whose positives all failed stands behind every candidate that did not."""
        n_other = len(self.other.scale)
        lost = (self.positives > 0) & np.isneginf(self.best)
        alive = n_other - int(self.other.dead.sum())
        greater = np.where(lost, alive, self.greater)
        tied = np.where(lost, n_other - alive - self.positives, self.tied)
        failed = self.own.dead if self.own.dead.any() else None
        if failed is not None:
            greater, tied = np.where(failed, 0, greater), np.where(failed, 0, tied)
        return Counts(greater, tied, self.at_best, n_other, failed)


def _sweep(
    sides: tuple[Side, Side],
    pairs: Pairs,
    scores: Array,
    directions: tuple[_Direction | None, _Direction | None],
    backend: Backend,
    block_size: int | None,
) -> None:
    """Add all blocks to the directions' counts, widening the band until no positive's error exceeds half of it."""
    depth = max(int(sides[0].x.shape[1]), 1)
    best = [None if direction is None else direction.thresholds() for direction in directions]
    band = (8 + depth**0.5) * UNIT
    while not _try_sweep(_tiles(sides, pairs, scores, best, band, block_size or ROWS), directions, backend):
        # Rounding errors of like-signed products add up one way (a collapsed model), and TF32 rounds coarsely; both
        # show on the positives. Only speed depends on the band: what falls inside is decided in float64.
        band *= 8
        for direction in directions:
            if direction is not None:
                direction.greater[:] = 0
                direction.tied[:] = 0


def _tiles(
    sides: tuple[Side, Side], pairs: Pairs, scores: Array, best: list[Array | None], band: float, rows: int
) -> Iterator[Tile]:
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
            row_best = None if best[0] is None else best[0][block]
            column_best = None if best[1] is None else best[1][columns]
            yield Tile(block, columns, local, scores[inside], row_best, column_best, band, sides)


def _try_sweep(
    tiles: Iterator[Tile], directions: tuple[_Direction | None, _Direction | None], backend: Backend
) -> bool:
    """Add up all tiles; false as soon as one finds float32 less exact than its band assumes."""
    loaded: tuple[slice, Any] | None = None
    for tile in tiles:
        left, right = tile.sides
        if loaded is None or loaded[0] != tile.columns:
            loaded = (tile.columns, backend.load(right.x, tile.columns, right.scale))
        found = backend.tile(backend.load(left.x, tile.rows, left.scale), loaded[1], tile)
        if found is None:
            return False
        if directions[0] is not None:
            directions[0].greater[tile.rows] += found.row_greater
            directions[0].tied[tile.rows] += found.row_tied
        if directions[1] is not None:
            directions[1].greater[tile.columns] += found.column_greater
            directions[1].tied[tile.columns] += found.column_tied
    return True
