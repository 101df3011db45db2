"""The counting kernel in NumPy: one sgemm per block, its comparisons in cache, counts by byte lanes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._byte_lanes import HEIGHT, ByteLanes
from mmbench.metrics._positives import IntArray
from mmbench.metrics._ranking import Counted, Limit, Side, Tile
from mmbench.metrics.spec import Array

Block = NDArray[np.float32]
STRIP = min(128, HEIGHT)  # rows compared at a time, so that a strip of scores is still in L2
DENSE = 64  # with more than one cell in 64 undecided, a float64 product of the strip is cheaper than dot products


class NumpyBackend:
    """Blocks are float32 arrays; buffers are kept between tiles, so use one instance per run."""

    pair_chunk = 1024  # two gathered chunks still fit in cache

    def __init__(self) -> None:
        self._scores: Block = np.empty((0, 0), dtype=np.float32)
        self._wide: tuple[slice, Array] | None = None
        self._lanes = ByteLanes()

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

    def products(self, left: Side, right: Side, lines: IntArray, columns: slice) -> Array:
        """All float64 scores of some lines with a slice of the other side."""
        own = np.divide(left.x[lines], left.scale[lines, None], dtype=np.float64)
        return np.asarray(own @ _wide(right.x, columns, right.scale).T)

    def tile(self, left: Block, right: Block, task: Tile) -> list[Counted] | None:
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
        found = [(np.zeros(len(x.best), dtype=np.int64), np.zeros(len(x.best), dtype=np.int64)) for x in task.limits]
        for top in range(0, len(scores), STRIP):
            strip = scores[top : top + STRIP]
            rows = slice(top, top + len(strip))
            limits = [limit.within(rows) for limit in task.limits]
            mine = [(greater[own], tied[own]) for (greater, tied), (_, own) in zip(found, limits, strict=True)]
            parts = [limit for limit, _ in limits]
            if not self._count_strip(strip, rows, parts, task, mine):
                self._count_exactly(strip, rows, parts, task, mine)
        return found

    def _count_strip(self, strip: Block, rows: slice, limits: list[Limit], task: Tile, found: list[Counted]) -> bool:
        """Add one strip's counts; false, with nothing added, if too much of it lies within the band."""
        sure: list[Counted] = []
        undecided = 0
        for limit in limits:
            cells, (low, high) = limit.cells(strip), _bounds(limit, task.band)
            above = self._lanes.count(np.greater, cells, high, limit.axis)
            around = self._lanes.count(np.greater_equal, cells, low, limit.axis) - above
            sure.append((above, around))
            undecided += int(around.sum())
        if undecided * DENSE > strip.size:
            return False
        for limit, (above, around), (greater, tied) in zip(limits, sure, found, strict=True):
            greater += above
            if around.any():
                self._decide(strip, rows, limit, np.flatnonzero(around), task, (greater, tied))
        return True

    def _decide(self, strip: Block, rows: slice, limit: Limit, some: IntArray, task: Tile, found: Counted) -> None:
        """Settle the cells within the band, in those lines of the limit that have any, in float64."""
        lines = some if limit.lines is None else limit.lines[some]
        part = Limit(limit.axis, lines, limit.best[some])
        cells, (low, high) = part.cells(strip), _bounds(part, task.band)
        line, (i, j) = part.line(*np.nonzero((cells >= low) & (cells <= high)))
        i = i + rows.start
        gap = task.exact(self, i, j) - part.best[line]
        near = task.near(i, j)
        greater, tied = found
        greater += np.bincount(some[line[gap > near]], minlength=len(greater))
        tied += np.bincount(some[line[np.abs(gap) <= near]], minlength=len(tied))

    def _count_exactly(self, strip: Block, rows: slice, limits: list[Limit], task: Tile, found: list[Counted]) -> None:
        """Count a strip from a float64 product: what a collapsed or coarsely quantised model needs."""
        left, right = task.sides
        if self._wide is None or self._wide[0] != task.columns:
            self._wide = task.columns, _wide(right.x, task.columns, right.scale)
        own = slice(task.rows.start + rows.start, task.rows.start + rows.stop)
        scores = _wide(left.x, own, left.scale) @ self._wide[1].T
        width = task.columns.stop - task.columns.start
        near = task.near(np.arange(rows.start, rows.stop)[:, None], np.arange(width))
        alive = strip > -np.inf
        for limit, (greater, tied) in zip(limits, found, strict=True):
            gap = limit.cells(scores) - limit.across(limit.best)
            inside, bound = limit.cells(alive), limit.cells(near)
            greater += np.count_nonzero((gap > bound) & inside, axis=1 - limit.axis)
            tied += np.count_nonzero((np.abs(gap) <= bound) & inside, axis=1 - limit.axis)


def _bounds(limit: Limit, band: float) -> tuple[Block, Block]:
    """Below the first a score is surely less, above the second surely greater."""
    return (
        limit.across((limit.best - band).astype(np.float32)),
        limit.across((limit.best + band).astype(np.float32)),
    )


def _wide(x: NDArray[Any], rows: slice, scale: Array) -> Array:
    return np.asarray(np.divide(x[rows], scale[rows, None], dtype=np.float64))
