"""What ranking by counting is made of: two sides of embeddings, blocks of their products, thresholds to count against.

No score matrix is kept and nothing is sorted (memory is one block). float32 products only *filter*: a candidate whose
score is within rounding distance of the positive's is decided by its float64 score, and two float64 scores that agree
to 1e-12 of the vectors' lengths are a tie. So identical embeddings tie exactly, and the counts do not depend on the
BLAS, the block size, the device or TF32: a collapsed model cannot win by the rounding of whichever kernel scored its
positive.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._positives import IntArray, Pairs
from mmbench.metrics.spec import Array

BoolArray = NDArray[np.bool_]
Counted = tuple[IntArray, IntArray]


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

    def products(self, left: "Side", right: "Side", lines: IntArray, columns: slice) -> Array:
        """All float64 scores of some lines of one side with a slice of the other."""

    def tile(self, left: Any, right: Any, task: "Tile") -> list[Counted] | None:
        """Score one block; negatives above and tied with each of its limits, or ``None``: float32 is off too far."""


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
class Limit:
    """One threshold for each of some rows (axis 0) or columns (axis 1) of a block.

    Attributes:
        axis: which.
        lines: those rows or columns, rising, relative to the block; ``None``: all.
        best: float64 score of a positive of each line; infinity = do not count.
    """

    axis: int
    lines: IntArray | None
    best: Array

    def within(self, rows: slice) -> tuple["Limit", slice]:
        """The limit for a strip of the block's rows, and which of its lines that is."""
        if self.axis == 1:
            return self, slice(None)
        if self.lines is None:
            return Limit(0, None, self.best[rows]), rows
        own = slice(*np.searchsorted(self.lines, (rows.start, rows.stop)).tolist())
        return Limit(0, self.lines[own] - rows.start, self.best[own]), own

    def cells(self, scores: Any) -> Any:
        """The scores that it applies to."""
        if self.lines is None:
            return scores
        return scores[:, self.lines] if self.axis else scores[self.lines]

    def across(self, values: Any) -> Any:
        """A value per line, so that it broadcasts over ``cells``."""
        return values[None, :] if self.axis else values[:, None]

    def line(self, i: IntArray, j: IntArray) -> tuple[IntArray, tuple[IntArray, IntArray]]:
        """For places in ``cells``: which line of the limit, and which row and column of the scores."""
        line = j if self.axis else i
        there = line if self.lines is None else self.lines[line]
        return line, (i, there) if self.axis else (there, j)


@dataclass(frozen=True, slots=True)
class Tile:
    """One block of the matrix: which rows and columns, what to ignore, and what to compare with.

    Attributes:
        rows, columns: slices of the two sides.
        pairs: the positive cells inside, relative to the block.
        pair_scores: their float64 scores, minus infinity for dead ones.
        limits: what to count against.
        band: distance from a limit within which float32 does not decide.
        sides: the two full sides, for deciding.
    """

    rows: slice
    columns: slice
    pairs: Pairs
    pair_scores: Array
    limits: list[Limit]
    band: float
    sides: tuple[Side, Side]

    def exact(self, backend: Backend, i: IntArray, j: IntArray) -> Array:
        """float64 scores of cells of the block."""
        return exact_scores(backend, *self.sides, i + self.rows.start, j + self.columns.start)

    def near(self, i: IntArray, j: IntArray) -> Array:
        """How far apart two float64 scores may be and still be the same number, for cells of the block."""
        left, right = self.sides
        length = left.length[i + self.rows.start] * right.length[j + self.columns.start]
        return np.asarray(2 * tie_tolerance(left.x.shape[1]) * length)


def tie_tolerance(depth: int) -> float:
    """Relative distance below which two float64 dot products of ``depth`` terms differ by order of summation only."""
    return max(1e-12, 4 * depth * 2.0**-53)


def make_side(
    x: Any, backend: Backend, similarity: str, dead: BoolArray | None, name: str, largest: float = 0.0
) -> Side:
    """Norms and checks of one set of embeddings ``(n, d)``; ``largest`` is the largest norm known of elsewhere.

    Raises:
        ValueError: a row (that is not ``dead``) holds a value that is not finite.
    """
    alive = np.ones(x.shape[0], dtype=np.bool_) if dead is None else ~dead
    with quiet():
        norms = backend.norms(x)
    bad = np.flatnonzero(alive & ~np.isfinite(norms))
    if len(bad):
        raise ValueError(
            f"{name} row {int(bad[0])} holds a value that is not finite (or too large to square in float64)."
        )
    norms = np.where(alive, norms, 0.0)
    scale = norms if similarity == "cosine" else np.full(len(norms), norms.max(initial=largest))
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


def quiet() -> np.errstate:
    """Rows of failed samples may hold anything; what they give is overwritten, so NumPy need not speak of it."""
    return np.errstate(invalid="ignore", over="ignore")
