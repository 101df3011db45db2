"""Retrieval from what isn't one vector per sample: scores of single pairs, and several vectors (late interaction)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mmbench.metrics._inputs import to_matrix, to_numpy, to_vector
from mmbench.metrics._positives import IntArray, count_queries, pair_gains, positive_pairs
from mmbench.metrics._ranking import tie_tolerance
from mmbench.metrics._retrieval_values import BASIC, check_options
from mmbench.metrics._sorted_rows import count_score_rows
from mmbench.metrics.functional.retrieval import (
    DEFAULT_K,
    Outputs,
    Similarity,
    Ties,
    report,
    retrieval_from_scores,
)
from mmbench.metrics.spec import Array

__all__ = ["late_interaction_retrieval", "retrieval_from_pairs"]

CELLS = 2**22  # products of single vectors held at a time: 32 MiB


def retrieval_from_pairs(
    query_index: Any,
    candidate_index: Any,
    scores: Any,
    positives: Any,
    *,
    n_candidates: int,
    k: Sequence[int] = DEFAULT_K,
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    gains: Any = None,
) -> dict[str, float]:
    """Retrieval from a model that scores single pairs (a cross-encoder, a re-ranker), all of them or some.

    Args:
        query_index: ``(p,)`` integers in [0, Q), in any order.
        candidate_index: ``(p,)`` integers in [0, n_candidates).
        scores: ``(p,)``, higher is better, finite. A pair that isn't there was not scored: it stands behind all that
            were, tied with its like.
        positives: as in ``cross_modal_retrieval``; their number says how many queries there are.
        n_candidates: size of the gallery.
        k: cut-offs.
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        gains: as in ``cross_modal_retrieval``.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: lengths that differ, an index out of range, a pair that is scored twice, a score that is not finite.
    """
    check_options(k, ties, outputs)
    n = count_queries(positives)
    values = to_vector(scores, "scores")
    rows = _indices(query_index, "query_index", n, len(values))
    columns = _indices(candidate_index, "candidate_index", n_candidates, len(values))
    order = np.lexsort((columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    twice = np.flatnonzero((np.diff(rows) == 0) & (np.diff(columns) == 0))
    if len(twice):
        raise ValueError(f"the pair of query {rows[twice[0]]} and candidate {columns[twice[0]]} is scored twice.")
    blocks = _dense_rows(rows, columns, values, n, n_candidates)
    return retrieval_from_scores(blocks, positives, k=k, ties=ties, outputs=outputs, gains=gains)


def _indices(x: Any, name: str, n: int, length: int) -> IntArray:
    values = to_numpy(x)
    if values.shape != (length,):
        raise ValueError(f"{name} must have one index per score: {length} scores, shape {values.shape}.")
    if length and values.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integers, got {values.dtype}.")
    bad = np.flatnonzero((values < 0) | (values >= n))
    if len(bad):
        raise ValueError(f"{name}[{int(bad[0])}] is {int(values[bad[0]])}, expected an index in [0, {n}).")
    return values.astype(np.int64)


def _dense_rows(rows: IntArray, columns: IntArray, values: Array, n: int, width: int) -> Iterator[Array]:
    height = max(1, CELLS // max(width, 1))
    for top in range(0, max(n, 1), height):
        block = np.full((min(height, n - top), width), -np.inf)
        first, last = np.searchsorted(rows, (top, top + height))
        block[rows[first:last] - top, columns[first:last]] = values[first:last]
        yield block


def late_interaction_retrieval(
    queries: Sequence[Any],
    candidates: Sequence[Any],
    positives: Any,
    *,
    k: Sequence[int] = DEFAULT_K,
    similarity: Similarity = "cosine",
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    gains: Any = None,
) -> dict[str, float]:
    """Retrieval with several vectors per sample: a score is the sum, over the query's vectors, of the best product.

    This is MaxSim (ColBERT, Khattab and Zaharia 2020; ColPali, Faysse et al. 2024). It is not symmetric: for the other
    direction exchange the sides. Scores are made in float64 and tie when they agree to 1e-12 of what they could reach.

    Args:
        queries: one ``(n_i, D)`` array or tensor per query, of at least one vector.
        candidates: one ``(m_j, D)`` array or tensor per candidate, of at least one vector.
        positives: as in ``cross_modal_retrieval``.
        k: cut-offs.
        similarity: "cosine" or "dot", between single vectors.
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        gains: as in ``cross_modal_retrieval``.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: a sample without vectors or of another width, values that are not finite, and as in
            ``cross_modal_retrieval``.
    """
    check_options(k, ties, outputs)
    if similarity not in ("cosine", "dot"):
        raise ValueError(f'similarity must be "cosine" or "dot", got {similarity!r}.')
    left, right = _Bags(queries, similarity, "queries"), _Bags(candidates, similarity, "candidates")
    if len(left) and len(right) and left.width != right.width:
        raise ValueError(f"queries have {left.width} dimensions and candidates {right.width}.")
    shape = (len(left), len(right))
    pairs = positive_pairs(positives, *shape)
    near = 2 * tie_tolerance(left.width) * left.lengths * right.longest
    every = outputs == "all"
    gain = pair_gains(gains, positives)
    counted = count_score_rows(_max_sim(left, right), pairs, shape, every=every, gain=gain, near=near)
    return report((counted, None), k, ties, every)


class _Bags:
    """Checked sets of vectors: which exist, how long they are, and blocks of them in float64.

    ``sizes``: vectors per sample; ``lengths``: the sum of their norms; ``longest``: the largest norm of a vector.
    """

    def __init__(self, samples: Sequence[Any], similarity: str, name: str) -> None:
        self._samples = [to_matrix(to_numpy(sample), f"{name}[{i}]") for i, sample in enumerate(samples)]
        self._cosine = similarity == "cosine"
        self.sizes = np.array([len(sample) for sample in self._samples], dtype=np.int64)
        self.width = int(self._samples[0].shape[1]) if self._samples else 1
        self.lengths, self.longest = np.zeros(len(samples)), 0.0
        for i, sample in enumerate(self._samples):
            if not len(sample) or sample.shape[1] != self.width:
                raise ValueError(
                    f"{name}[{i}] has shape {sample.shape}, expected (vectors, {self.width}) with 1 or more."
                )
            norms = np.linalg.norm(self.block(slice(i, i + 1)), axis=1)
            if not np.isfinite(norms).all():
                raise ValueError(f"{name}[{i}] holds a value that is not finite (or too large to square in float64).")
            self.lengths[i], self.longest = norms.sum(), max(self.longest, float(norms.max()))

    def __len__(self) -> int:
        return len(self._samples)

    def block(self, which: slice) -> Array:
        """The vectors of some samples, one below the other."""
        found = np.concatenate([np.asarray(sample, dtype=np.float64) for sample in self._samples[which]])
        if self._cosine:
            with np.errstate(invalid="ignore", over="ignore"):
                norms = np.linalg.norm(found, axis=1, keepdims=True)
                found /= np.where(norms > 0, norms, 1.0)
        return found

    def cut(self, vectors: int) -> Iterator[slice]:
        """Runs of samples with at most that many vectors together (or one sample that has more)."""
        first = 0
        while first < len(self):
            inside = np.cumsum(self.sizes[first:]) <= vectors
            last = first + max(1, int(np.count_nonzero(inside)))
            yield slice(first, last)
            first = last


def _max_sim(left: _Bags, right: _Bags) -> Iterator[Array]:
    """Scores of all candidates for some queries at a time."""
    side = int(CELLS**0.5)
    for rows in left.cut(side):
        queries, starts = left.block(rows), np.cumsum(left.sizes[rows]) - left.sizes[rows]
        parts = []
        for columns in right.cut(side):
            firsts = np.cumsum(right.sizes[columns]) - right.sizes[columns]
            best = np.maximum.reduceat(queries @ right.block(columns).T, firsts, axis=1)
            parts.append(np.add.reduceat(best, starts, axis=0))
        yield np.concatenate(parts, axis=1) if parts else np.empty((rows.stop - rows.start, 0))
