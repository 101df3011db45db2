"""Retrieval as the field's protocols run it: over folds of a test set, and over a gallery cut between processes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmbench.metrics._inputs import to_matrix
from mmbench.metrics._positives import IntArray, Pairs, pair_gains, positive_pairs
from mmbench.metrics._ranking import exact_scores, make_side, quiet
from mmbench.metrics._ranking_sweep import Direction, pair_groups, sweep
from mmbench.metrics._retrieval_values import BASIC, check_options
from mmbench.metrics._tie_groups import GroupCounts
from mmbench.metrics.functional.retrieval import (
    DEFAULT_K,
    Outputs,
    Similarity,
    Ties,
    cross_modal_retrieval,
    embeddings,
    report,
)
from mmbench.metrics.spec import Array

__all__ = ["retrieval_folds", "sharded_retrieval"]

Gather = Callable[[Any], Sequence[Any]]


def retrieval_folds(
    queries: Any,
    candidates: Any,
    positives: Any,
    *,
    folds: int | tuple[ArrayLike, ArrayLike],
    **options: Any,
) -> dict[str, float]:
    """The mean over folds, each of which ranks its own queries among its own candidates only.

    ``folds=5`` on the 5,000 pictures and 25,000 captions of the Karpathy test split is "COCO 1K": five runs of 1,000
    pictures and their 5,000 captions *in the order of the list*, as VSE++ ``evaluation.py`` (``fold5=True``) takes
    them. A smaller gallery is easier: never compare these values with those of the whole gallery.

    Args:
        queries: ``(Q, D)``.
        candidates: ``(N, D)``.
        positives: as in ``cross_modal_retrieval``, indices into all candidates.
        folds: a number, which must divide Q and N; or the fold of every query ``(Q,)`` and of every candidate ``(N,)``.
        **options: of ``cross_modal_retrieval``, ``gains`` excepted.

    Returns:
        The keys of ``cross_modal_retrieval``: plain means over folds, ``n_empty`` and ``n_tied`` as sums.

    Raises:
        ValueError: folds that don't divide the data, labels of another length, a positive in another fold than its
            query, and as in ``cross_modal_retrieval``.
    """
    queries, candidates = to_matrix(queries, "queries"), to_matrix(candidates, "candidates")
    shape = (queries.shape[0], candidates.shape[0])
    pairs = positive_pairs(positives, *shape)
    own, other = _fold_labels(folds, shape)
    apart = np.flatnonzero(own[pairs.rows] != other[pairs.columns])
    if len(apart):
        row, column = pairs.rows[apart[0]], pairs.columns[apart[0]]
        raise ValueError(f"positives of query {row} name candidate {column}, which is in another fold.")
    found = []
    for fold in np.unique(own):
        rows, columns = np.flatnonzero(own == fold), np.flatnonzero(other == fold)
        inside = own[pairs.rows] == fold
        starts = np.searchsorted(pairs.rows[inside], np.append(rows, shape[0]))
        local = starts, np.searchsorted(columns, pairs.columns[inside])
        found.append(cross_modal_retrieval(queries[rows], candidates[columns], local, **options))
    return {key: _over_folds(key, [values[key] for values in found]) for key in found[0]}


def _over_folds(key: str, values: Sequence[float]) -> float:
    return float(np.sum(values) if key.rpartition("/")[2].startswith("n_") else np.mean(values))


def _fold_labels(folds: Any, shape: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    if isinstance(folds, int | np.integer):
        if folds < 1 or shape[0] % folds or shape[1] % folds or not shape[0]:
            raise ValueError(f"folds = {folds} does not divide {shape[0]} queries and {shape[1]} candidates.")
        return np.arange(shape[0]) * folds // shape[0], np.arange(shape[1]) * folds // shape[1]
    if not isinstance(folds, tuple | list) or len(folds) != 2:
        raise ValueError("folds must be a number, or the fold of every query and the fold of every candidate.")
    own, other = (np.asarray(labels) for labels in folds)
    if own.shape != (shape[0],) or other.shape != (shape[1],) or not shape[0]:
        raise ValueError(f"folds must be {shape[0]} and {shape[1]} labels, got shapes {own.shape} and {other.shape}.")
    return own, other


def sharded_retrieval(
    queries: Any,
    candidates: Any,
    positives: Any,
    *,
    first: int,
    gather: Gather | None = None,
    k: Sequence[int] = DEFAULT_K,
    similarity: Similarity = "cosine",
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    gains: Any = None,
    block_size: int | None = None,
) -> dict[str, float]:
    """``cross_modal_retrieval`` of a gallery that is cut between processes: scores of positives and counts are sent.

    Every process calls it with all queries and its own part of the candidates, an empty part included, and gets the
    values of the whole, the same as one process would. What is sent is a number per positive and two per group of tied
    positives, never an embedding.

    Args:
        queries: ``(Q, D)``, the same on every process.
        candidates: ``(n, D)``, this process's part.
        positives: indices into the whole gallery, the same on every process.
        first: where in the whole gallery this part begins.
        gather: sends a small object to all processes and returns theirs in the same order; default:
            ``torch.distributed.all_gather_object`` if a process group is up, else there is one process.
        k: cut-offs.
        similarity: "cosine" or "dot".
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        gains: as in ``cross_modal_retrieval``.
        block_size: as in ``cross_modal_retrieval``.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: parts that overlap or leave a gap, and as in ``cross_modal_retrieval``.
    """
    check_options(k, ties, outputs)
    share = gather or _from_all
    queries, candidates, backend = embeddings(queries, candidates, similarity)
    with quiet():
        largest = float(backend.norms(candidates).max(initial=0.0))
    parts = share((int(first), int(candidates.shape[0]), largest))
    pairs = positive_pairs(positives, queries.shape[0], _whole([part[:2] for part in parts]))
    gain = pair_gains(gains, positives)
    own = make_side(queries, backend, similarity, None, "queries")
    other = make_side(candidates, backend, similarity, None, "candidates", max(part[2] for part in parts))
    inside = np.flatnonzero((pairs.columns >= first) & (pairs.columns < first + candidates.shape[0]))
    here = Pairs(pairs.rows[inside], pairs.columns[inside] - first)
    scores = exact_scores(backend, own, other, here.rows, here.columns)
    all_scores, lengths = _assembled(share((inside, scores, other.length[here.columns])), len(pairs.rows))
    every = outputs == "all"
    groups = pair_groups(own, pairs.rows, all_scores, gain, lengths)
    forward = Direction.make(own, other, here, scores, groups if every else groups.best())
    with quiet():
        sweep(forward, None, backend, block_size)
        mine = forward.counts(backend)
    counted = [GroupCounts(mine.groups, *part) for part in share((mine.greater, mine.tied, mine.n_candidates))]
    return report((sum(counted[1:], counted[0]), None), k, ties, every)


def _whole(parts: Sequence[tuple[int, int]]) -> int:
    """The size of the gallery that the parts ``(first, n)`` make up."""
    reached = 0
    for first, n in sorted(parts):
        if n and first != reached:
            raise ValueError(f"candidates {min(first, reached)} to {max(first, reached)} are in no part or in two.")
        reached += n
    return reached


def _assembled(parts: Sequence[tuple[IntArray, Array, Array]], n: int) -> tuple[Array, Array]:
    scores, lengths = np.empty(n), np.empty(n)
    for inside, values, length in parts:
        scores[inside], lengths[inside] = values, length
    return scores, lengths


def _from_all(value: Any) -> Sequence[Any]:
    import torch.distributed as processes

    if not (processes.is_available() and processes.is_initialized()):
        return [value]
    found: list[Any] = [None] * processes.get_world_size()
    processes.all_gather_object(found, value)
    return found
