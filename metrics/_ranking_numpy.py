"""The counting kernel in NumPy: one sgemm per block, four comparisons in cache, counts by byte lanes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._inputs import to_numpy
from mmbench.metrics._positives import IntArray
from mmbench.metrics._ranking import BoolArray, Tile, TileCounts
from mmbench.metrics.spec import Array

Block = NDArray[np.float32]
STRIP = 128  # rows compared at a time, so that a strip of scores is still in L2; at most 255, for the byte lanes
DENSE = (
    64  # with more than one cell in 64 undecided, a float64 product of the strip is cheaper than single dot products
)


class NumpyBackend:
    """Blocks are float32 arrays; buffers are kept between tiles, so use one instance per run."""

    pair_chunk = 1024  # two gathered chunks still fit in cache

    def __init__(self) -> None:
        self._scores: Block = np.empty((0, 0), dtype=np.float32)
        self._wide: tuple[slice, Array] | None = None

    def norms(self, x: NDArray[Any]) -> Array:
        """Euclidean norms in float64, without a float64 copy of ``x``."""
        step = 1024
        parts = [
            np.einsum("ij,ij->i", x[a : a + step], x[a : a + step], dtype=np.float64) for a in range(0, len(x), step)
        ]
        return np.sqrt(np.concatenate(parts)) if parts else np.empty(0)

    def load(self, x: NDArray[Any], rows: slice, scale: Array) -> Block:
        """A block ``x[rows] / scale[rows]``."""
        block = x[rows]
        out = np.empty(block.shape, dtype=np.float32)
        np.divide(block, scale[rows, None], out=out, dtype=np.float64, casting="same_kind")
        return out

    def dots(self, x: NDArray[Any], y: NDArray[Any], i: IntArray, j: IntArray) -> Array:
        """Dot products of pairs, accumulated in float64."""
        return np.asarray(np.einsum("ij,ij->i", x[i], y[j], dtype=np.float64))

    def tile(self, left: Block, right: Block, task: Tile) -> TileCounts | None:
        """Count one block; ``None`` if float32 is off by more than half the band on any positive."""
        shape = (len(left), len(right))
        if self._scores.shape[0] < shape[0] or self._scores.shape[1] != shape[1]:
            self._scores = np.empty(shape, dtype=np.float32)
        scores = np.matmul(left, right.T, out=self._scores[: shape[0]])
        alive = np.isfinite(task.pair_scores)
        cells = task.pairs.rows, task.pairs.columns
        error = np.abs(scores[cells][alive] - task.pair_scores[alive])
        if len(error) and error.max() > task.band / 2:
            return None
        scores[cells] = -np.inf
        scores[task.sides[0].dead[task.rows]] = -np.inf
        scores[:, task.sides[1].dead[task.columns]] = -np.inf
        return self._count(scores, task)

    def _count(self, scores: Block, task: Tile) -> TileCounts:
        found = TileCounts(*(np.zeros(n, dtype=np.int64) for n in (*[scores.shape[0]] * 2, *[scores.shape[1]] * 2)))
        strips = _Strips(STRIP, scores.shape[1])
        for top in range(0, len(scores), STRIP):
            strip = scores[top : top + STRIP]
            rows = slice(top, top + len(strip))
            if not self._count_strip(strip, rows, strips, task, found):
                self._count_exactly(rows, strip, task, found)
        return found

    def _count_strip(self, strip: Block, rows: slice, strips: "_Strips", task: Tile, found: TileCounts) -> bool:
        """Add one strip's counts; false, with nothing added, if too much of it lies within the band."""
        sure: list[tuple[IntArray, IntArray] | None] = [None, None]
        undecided = 0
        for axis, best in enumerate((task.row_best, task.column_best)):
            if best is not None:
                limit = best[rows, None] if axis == 0 else best[None, :]
                above = strips.count(np.greater, strip, (limit + task.band).astype(np.float32), axis)
                around = strips.count(np.greater_equal, strip, (limit - task.band).astype(np.float32), axis) - above
                sure[axis] = above, around
                undecided += int(around.sum())
        if undecided * DENSE > strip.size:
            return False
        for axis, counted in enumerate(sure):
            if counted is not None:
                above, around = counted
                (found.column_greater if axis else found.row_greater[rows])[:] += above
                if around.any():
                    self._decide(strip, rows, axis, np.flatnonzero(around), task, found)
        return True

    def _decide(self, strip: Block, rows: slice, axis: int, lines: IntArray, task: Tile, found: TileCounts) -> None:
        """Settle the cells within the band, in those rows (axis 0) or columns (axis 1) that have any, in float64."""
        best = task.column_best if axis else task.row_best[rows] if task.row_best is not None else None
        if best is None:
            return
        part = strip[:, lines] if axis else strip[lines]
        limit = best[lines][None, :] if axis else best[lines][:, None]
        inside = (part >= (limit - task.band).astype(np.float32)) & (part <= (limit + task.band).astype(np.float32))
        i, j = np.nonzero(inside)
        line = lines[j if axis else i]
        cells = (rows.start + i, line) if axis else (rows.start + line, j)
        gap = task.exact(self, *cells) - best[line]
        near = 2 * task.tolerance(*cells)
        greater, tied = (
            (found.column_greater, found.column_tied) if axis else (found.row_greater[rows], found.row_tied[rows])
        )
        greater += np.bincount(line[gap > near], minlength=len(greater))
        tied += np.bincount(line[np.abs(gap) <= near], minlength=len(tied))

    def _count_exactly(self, rows: slice, strip: Block, task: Tile, found: TileCounts) -> None:
        """Count a strip from a float64 product: what a collapsed or coarsely quantised model needs."""
        left, right = task.sides
        if self._wide is None or self._wide[0] != task.columns:
            self._wide = task.columns, _wide(right.x, task.columns, right.scale)
        own = slice(task.rows.start + rows.start, task.rows.start + rows.stop)
        scores = _wide(left.x, own, left.scale) @ self._wide[1].T
        near = 2 * task.tolerance(
            np.arange(rows.start, rows.stop)[:, None], np.arange(task.columns.stop - task.columns.start)
        )
        alive = strip > -np.inf
        for best, axis, greater, tied in (
            (
                None if task.row_best is None else task.row_best[rows, None],
                1,
                found.row_greater[rows],
                found.row_tied[rows],
            ),
            (task.column_best, 0, found.column_greater, found.column_tied),
        ):
            if best is not None:
                gap = scores - best
                greater += np.count_nonzero((gap > near) & alive, axis=axis)
                tied += np.count_nonzero((np.abs(gap) <= near) & alive, axis=axis)


def _wide(x: NDArray[Any], rows: slice, scale: Array) -> Array:
    return np.asarray(np.divide(x[rows], scale[rows, None], dtype=np.float64))


class _Strips:
    """Counts true comparisons per row or column, eight bytes to a 64-bit addition."""

    def __init__(self, height: int, width: int) -> None:
        self._width = width
        self._mask: BoolArray = np.zeros((height, -(-width // 8) * 8), dtype=np.bool_)  # the padding stays false

    def count(self, compare: np.ufunc, strip: Block, limit: Block, axis: int) -> IntArray:
        """Cells per row (axis 0) or column (axis 1) of a strip that compare true with ``limit``, which broadcasts."""
        mask = self._mask[: len(strip)]
        compare(strip, limit, out=mask[:, : self._width])
        words = mask.view(np.uint64)
        if axis == 1:
            return np.asarray(np.add.reduce(words, axis=0).view(np.uint8)[: self._width], dtype=np.int64)
        total = np.zeros(len(strip), dtype=np.int64)
        for start in range(0, words.shape[1], 255):  # a byte lane holds 255 at most
            lanes = np.add.reduce(words[:, start : start + 255], axis=1).view(np.uint8)
            total += lanes.reshape(len(strip), 8).sum(axis=1, dtype=np.int64)
        return total


def count_scores(scores: Any, best: Array) -> tuple[IntArray, IntArray]:
    """Cells of each row of a score matrix that are above, and at least, ``best`` ``(rows,)``.

    Raises:
        ValueError: a score is NaN or plus infinity.
    """
    n, width = scores.shape
    above, at_least = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    height = max(1, min(STRIP, 2**25 // max(width, 1)))
    strips = _Strips(height, width)
    for top in range(0, n, height):
        rows = slice(top, min(top + height, n))
        strip = to_numpy(scores[rows])
        if strip.dtype not in (np.float32, np.float64):
            strip = strip.astype(np.float32 if strip.dtype == np.float16 else np.float64)
        if strip.size and not strip.max() < np.inf:
            row = rows.start + int(np.flatnonzero(~(strip.max(axis=1) < np.inf))[0])
            raise ValueError(f"scores row {row} holds NaN or plus infinity.")
        limit = best[rows, None].astype(strip.dtype)
        above[rows] = strips.count(np.greater, strip, limit, 0)
        at_least[rows] = strips.count(np.greater_equal, strip, limit, 0)
    return above, at_least
