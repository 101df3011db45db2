"""The counting kernel in torch, on whatever device the embeddings live; only counts and undecided scores come back."""

from typing import Any

import numpy as np
import torch

from mmbench.metrics._positives import IntArray
from mmbench.metrics._ranking import Tile, TileCounts
from mmbench.metrics.spec import Array

CHUNK = 8192
DENSE = (
    64  # with more than one cell in 64 undecided, a float64 product of the block is cheaper than single dot products
)


class TorchBackend:
    """Blocks are float32 tensors on the embeddings' device."""

    pair_chunk = CHUNK

    def norms(self, x: torch.Tensor) -> Array:
        """Euclidean norms in float64, without a float64 copy of ``x``."""
        starts = range(0, x.shape[0], CHUNK)
        return np.concatenate([np.empty(0), *(_host(x[a : a + CHUNK].double().norm(dim=1)) for a in starts)])

    def load(self, x: torch.Tensor, rows: slice, scale: Array) -> torch.Tensor:
        """A block ``x[rows] / scale[rows]``."""
        return _wide(x, rows, scale).float()

    def dots(self, x: torch.Tensor, y: torch.Tensor, i: IntArray, j: IntArray) -> Array:
        """Dot products of pairs, in float64."""
        return np.asarray(_host((x[_there(i, x)].double() * y[_there(j, y)].double()).sum(dim=1)))

    def tile(self, left: torch.Tensor, right: torch.Tensor, task: Tile) -> TileCounts | None:
        """Count one block; ``None`` if float32 is off by more than half the band on any positive."""
        scores = left @ right.T
        cells = _there(task.pairs.rows, scores), _there(task.pairs.columns, scores)
        alive = np.isfinite(task.pair_scores)
        error = np.abs(_host(scores[cells]).astype(np.float64)[alive] - task.pair_scores[alive])
        if len(error) and error.max() > task.band / 2:
            return None
        scores[cells] = -torch.inf
        scores[_there(task.sides[0].dead[task.rows], scores)] = -torch.inf
        scores[:, _there(task.sides[1].dead[task.columns], scores)] = -torch.inf
        rows = self._count(scores, task, task.row_best, 0)
        columns = self._count(scores, task, task.column_best, 1)
        return TileCounts(*rows, *columns)

    def _count(self, scores: torch.Tensor, task: Tile, best: Array | None, axis: int) -> tuple[IntArray, IntArray]:
        """Negatives above and tied with the best positive of every row (axis 0) or column (axis 1)."""
        if best is None:
            none = np.zeros(scores.shape[axis], dtype=np.int64)
            return none, none
        limit = _there(best, scores)
        limit = limit[None, :] if axis else limit[:, None]
        above = scores > (limit + task.band).float()
        around = (scores >= (limit - task.band).float()) & ~above
        if int(around.sum()) * DENSE > scores.numel():
            return self._count_exactly(scores, task, limit, axis)
        i, j = (_host(index) for index in torch.nonzero(around, as_tuple=True))
        line = j if axis else i
        gap = task.exact(self, i, j) - best[line]
        near = 2 * task.tolerance(i, j)
        greater = _host(above.sum(dim=1 - axis)) + np.bincount(line[gap > near], minlength=len(best))
        return greater, np.bincount(line[np.abs(gap) <= near], minlength=len(best))

    def _count_exactly(
        self, scores: torch.Tensor, task: Tile, limit: torch.Tensor, axis: int
    ) -> tuple[IntArray, IntArray]:
        left, right = task.sides
        exact = _wide(left.x, task.rows, left.scale) @ _wide(right.x, task.columns, right.scale).T
        near = task.tolerance(np.arange(scores.shape[0])[:, None], np.arange(scores.shape[1]))
        gap, alive = exact - limit, scores > -torch.inf
        bound = 2 * _there(near, scores)
        greater, tied = (gap > bound) & alive, (gap.abs() <= bound) & alive
        return _host(greater.sum(dim=1 - axis)), _host(tied.sum(dim=1 - axis))


def _wide(x: torch.Tensor, rows: slice, scale: Array) -> torch.Tensor:
    return x[rows].double() / _there(scale[rows], x)[:, None]


def _there(values: Any, like: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(like.device)


def _host(tensor: torch.Tensor) -> Any:
    return tensor.cpu().numpy()
