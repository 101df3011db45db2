"""The counting kernel in torch, on whatever device the embeddings live; only counts and undecided scores come back."""

from typing import Any

import numpy as np
import torch

from mmbench.metrics._positives import IntArray
from mmbench.metrics._ranking import Counted, Limit, Side, Tile
from mmbench.metrics.spec import Array

CHUNK = 8192
DENSE = 64  # with more than one cell in 64 undecided, a float64 product of the block is cheaper than dot products


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

    def products(self, left: Side, right: Side, lines: IntArray, columns: slice) -> Array:
        """All float64 scores of some lines with a slice of the other side."""
        own = left.x[_there(lines, left.x)].double() / _there(left.scale[lines], left.x)[:, None]
        return np.asarray(_host(own @ _wide(right.x, columns, right.scale).T))

    def tile(self, left: torch.Tensor, right: torch.Tensor, task: Tile) -> list[Counted] | None:
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
        return [self._count(scores, task, limit) for limit in task.limits]

    def _count(self, scores: torch.Tensor, task: Tile, limit: Limit) -> Counted:
        """Negatives above and tied with one limit."""
        cells = _cells(limit, scores)
        best = limit.across(_there(limit.best, scores))
        above = cells > (best + task.band).float()
        around = (cells >= (best - task.band).float()) & ~above
        if int(around.sum()) * DENSE > scores.numel():
            return self._count_exactly(cells > -torch.inf, best, task, limit)
        line, (i, j) = limit.line(*(_host(index) for index in torch.nonzero(around, as_tuple=True)))
        gap = task.exact(self, i, j) - limit.best[line]
        near = task.near(i, j)
        n = len(limit.best)
        greater = _host(above.sum(dim=1 - limit.axis)) + np.bincount(line[gap > near], minlength=n)
        return greater, np.bincount(line[np.abs(gap) <= near], minlength=n)

    def _count_exactly(self, alive: torch.Tensor, best: torch.Tensor, task: Tile, limit: Limit) -> Counted:
        left, right = task.sides
        exact = _wide(left.x, task.rows, left.scale) @ _wide(right.x, task.columns, right.scale).T
        near = task.near(np.arange(exact.shape[0])[:, None], np.arange(exact.shape[1]))
        gap, bound = _cells(limit, exact) - best, _cells(limit, _there(near, exact))
        greater, tied = (gap > bound) & alive, (gap.abs() <= bound) & alive
        return _host(greater.sum(dim=1 - limit.axis)), _host(tied.sum(dim=1 - limit.axis))


def _cells(limit: Limit, scores: torch.Tensor) -> torch.Tensor:
    return scores if limit.lines is None else scores.index_select(1 if limit.axis else 0, _there(limit.lines, scores))


def _wide(x: torch.Tensor, rows: slice, scale: Array) -> torch.Tensor:
    return x[rows].double() / _there(scale[rows], x)[:, None]


def _there(values: Any, like: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(like.device)


def _host(tensor: torch.Tensor) -> Any:
    return tensor.cpu().numpy()
