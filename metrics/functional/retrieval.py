"""Cross-modal retrieval: where the positives of each query stand, from embeddings or scores, ties as expectations."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics import _retrieval_values as values_of
from mmbench.metrics._inputs import on_device, to_matrix, to_numpy
from mmbench.metrics._positives import count_queries, pair_gains, positive_pairs
from mmbench.metrics._ranking import Backend, make_side
from mmbench.metrics._ranking_sweep import count_embeddings
from mmbench.metrics._retrieval_values import BASIC, check_options, value_arrays
from mmbench.metrics._sorted_rows import count_score_rows
from mmbench.metrics._tie_groups import GroupCounts, tie_groups
from mmbench.metrics.spec import Array, Metric

__all__ = [
    "cross_modal_retrieval",
    "retrieval_chance",
    "retrieval_from_scores",
    "retrieval_metric",
]

Ties = Literal["expected", "optimistic", "pessimistic"]
Similarity = Literal["cosine", "dot"]
Outputs = Literal["all"] | Sequence[str]
DEFAULT_K = (1, 5, 10)
VERSION = "1"


def cross_modal_retrieval(
    queries: Any,
    candidates: Any,
    positives: Any,
    *,
    k: Sequence[int] = DEFAULT_K,
    similarity: Similarity = "cosine",
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    both_directions: bool = False,
    gains: Any = None,
    block_size: int | None = None,
) -> dict[str, float]:
    """Where the positives of each query land among all candidates.

    A query's best positive scores p; g negatives score above p, t score the same, and m positives score p. Its rank is
    1 + g if ties go its way ("optimistic"), 1 + g + t if they don't ("pessimistic"), and under "expected" every value
    is its exact mean over a random order of the tied: embeddings that are all the same get exactly chance. Scores are
    compared as float64 would compare them, with differences below 1e-12 of the vectors' lengths counted as ties.

    Args:
        queries: ``(Q, D)`` array or tensor of floats or integers; float16 and bfloat16 are widened.
        candidates: ``(N, D)``, on the same device as ``queries``.
        positives: one list of candidate indices per query, ``(Q,)`` integers of one index each, or CSR ``(indptr,
            indices)``.
        k: cut-offs; one beyond the gallery counts as the whole gallery.
        similarity: "cosine" (a zero vector is 0 to everything) or "dot".
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")``, or "all": also the values that need the place of every positive.
        both_directions: also rank the queries for every candidate, from the same products.
        gains: how relevant each positive is, numbers above 0 in the form and order of ``positives`` (for CSR: one per
            index); only nDCG uses them. Default: all 1.
        block_size: rows of the longer side per product (default 1024); the result does not depend on it.

    Returns:
        ``hit@k`` in [0, 1] for each k, ``median_rank``, ``mean_rank`` (from 1), ``mrr`` in (0, 1], ``n_empty`` (queries
        without positives: counted, not scored) and ``n_tied`` (queries with t > 0). With ``outputs="all"`` also, in [0,
        1], ``recall@k`` (found positives over all), ``map``, ``map@r`` and ``r_precision`` (the first R places only, R
        being the query's number of positives) and ``ndcg@k`` (linear gain). With ``both_directions`` every key twice,
        prefixed ``forward/`` and ``backward/``. Values over no query at all are NaN.

    Raises:
        ValueError: shapes that don't fit, a row that is not finite, a positive out of range or named twice, a gain that
            is not above 0, an unknown option.

    Note:
        ``hit@k`` is what CLIP_benchmark and VSE++ (Faghri et al. 2018, ``evaluation.py``) print as R@K; it is not
        recall, which divides by the number of positives. Neither says what happens to ties. ``map@r`` and
        ``r_precision`` are those of ECCV Caption (Chun et al. 2022).
    """
    check_options(k, ties, outputs)
    every = outputs == "all"
    counted = _count(queries, candidates, positives, similarity, both_directions, block_size, every, gains)
    return report(counted, k, ties, every)


def retrieval_from_scores(
    scores: Any,
    positives: Any,
    *,
    k: Sequence[int] = DEFAULT_K,
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    both_directions: bool = False,
    gains: Any = None,
) -> dict[str, float]:
    """``cross_modal_retrieval`` from scores; they tie when they are equal.

    Args:
        scores: ``(Q, N)``, higher is better, or an iterator over blocks ``(b, N)`` of its rows, of which one at a time
            is held. Minus infinity is "not scored": behind everything, tied with its like.
        positives: as in ``cross_modal_retrieval``.
        k: cut-offs.
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        both_directions: also rank the rows for every column; not for an iterator.
        gains: as in ``cross_modal_retrieval``.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: NaN or plus infinity among the scores, and as in ``cross_modal_retrieval``.
    """
    check_options(k, ties, outputs)
    if both_directions and isinstance(scores, Iterator):
        raise ValueError("both_directions needs the whole matrix: blocks of rows show no column as a whole.")
    every = outputs == "all"
    scores = scores if isinstance(scores, Iterator) else to_matrix(scores, "scores")
    forward = _count_scores(scores, positives, every, gains)
    backward = None
    if both_directions:
        pairs = positive_pairs(positives, *scores.shape)
        flipped, order = pairs.flipped()
        gain = pair_gains(gains, positives)
        backward = count_score_rows(
            [scores.T], flipped, scores.shape[::-1], every=every, gain=None if gain is None else gain[order]
        )
    return report((forward, backward), k, ties, every)


def retrieval_chance(
    n_candidates: int,
    positives_per_query: int | Sequence[int] | NDArray[np.int64],
    *,
    k: Sequence[int] = DEFAULT_K,
    outputs: Outputs = BASIC,
) -> dict[str, float]:
    """The floor: what embeddings that are all the same get, in closed form, under ``ties="expected"``.

    All values but two are also the expected values of a random ranking. ``median_rank`` is the median of the queries'
    expected ranks, and ``n_tied`` counts every query that has a negative, as for the constant model.

    Args:
        n_candidates: size of the gallery.
        positives_per_query: one count for all, or one per query ``(Q,)``.
        k: cut-offs.
        outputs: ``("hit", "rank")`` or "all".

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: more positives than candidates, or a negative count.
    """
    check_options(k, "expected", outputs)
    positives = np.atleast_1d(np.asarray(positives_per_query, dtype=np.int64))
    if len(positives) and not 0 <= positives.min() <= positives.max() <= n_candidates:
        raise ValueError(f"positives_per_query must lie between 0 and n_candidates = {n_candidates}.")
    line = np.repeat(np.arange(len(positives)), positives)
    groups = tie_groups(len(positives), line, np.zeros(len(line)), None, None)
    counted = GroupCounts(groups, np.zeros_like(groups.size), n_candidates - groups.size, n_candidates)
    return report((counted, None), k, "expected", outputs == "all")


def retrieval_metric(
    k: Sequence[int] = DEFAULT_K,
    ties: Ties = "expected",
    outputs: Outputs = BASIC,
    *,
    inputs: Literal["embeddings", "scores"] = "embeddings",
) -> Metric:
    """Retrieval as a ``Metric``.

    ``per_sample`` takes ``(queries, candidates, positives, *, similarity="cosine", gains=None, failed_queries=None,
    failed_candidates=None, block_size=None)``, or with ``inputs="scores"`` ``(scores, positives, *, gains=None)``, and
    gives per query ``hit@k``, ``rank``, ``reciprocal_rank``, ``rank_optimistic``, ``rank_pessimistic``, ``tied``,
    ``empty``, and what "all" adds; a query without positives is NaN in all but ``empty``. The error value: a failed
    query (boolean masks ``(Q,)`` and ``(N,)``; the rows' content is ignored) has rank N and no hit, and a failed
    candidate stays in the gallery behind all others, tied with its like.
    """
    check_options(k, ties, outputs)
    cuts, every = tuple(k), outputs == "all"
    if inputs not in ("embeddings", "scores"):
        raise ValueError(f'inputs must be "embeddings" or "scores", got {inputs!r}.')
    per_sample = _from_embeddings if inputs == "embeddings" else _from_scores
    return Metric(
        name="retrieval",
        version=VERSION,
        keys=values_of.keys(cuts, every=every),
        per_sample=partial(per_sample, k=cuts, ties=ties, every=every),
        sums=values_of.sums,
        from_sums=values_of.from_sums,
        from_weights=values_of.median_rank,
        params={"k": cuts, "ties": ties} | ({"outputs": "all"} if every else {}),
        kept=values_of.kept_arrays(cuts, every=every),
    )


def _from_embeddings(
    queries: Any,
    candidates: Any,
    positives: Any,
    *,
    similarity: Similarity = "cosine",
    gains: Any = None,
    failed_queries: Any = None,
    failed_candidates: Any = None,
    block_size: int | None = None,
    k: Sequence[int],
    ties: Ties,
    every: bool,
) -> dict[str, Array]:
    failed = (failed_queries, failed_candidates)
    counted, _ = _count(queries, candidates, positives, similarity, False, block_size, every, gains, failed)
    return value_arrays(counted, k, ties, every=every)


def _from_scores(
    scores: Any, positives: Any, *, gains: Any = None, k: Sequence[int], ties: Ties, every: bool
) -> dict[str, Array]:
    scores = scores if isinstance(scores, Iterator) else to_matrix(scores, "scores")
    return value_arrays(_count_scores(scores, positives, every, gains), k, ties, every=every)


def _count_scores(scores: Any, positives: Any, every: bool, gains: Any) -> GroupCounts:
    """Counts from a matrix, or from an iterator over blocks of its rows."""
    blocks: Iterable[Any] = [scores]
    if isinstance(scores, Iterator):
        first = next(scores, None)
        if first is None:
            raise ValueError("scores is an iterator over no block at all: expected arrays (b, N).")
        shape = (count_queries(positives), to_matrix(first, "the first block of scores").shape[1])
        blocks = (to_matrix(block, "a block of scores") for block in chain([first], scores))
    else:
        shape = scores.shape
    pairs = positive_pairs(positives, *shape)
    return count_score_rows(blocks, pairs, shape, every=every, gain=pair_gains(gains, positives))


def _count(
    queries: Any,
    candidates: Any,
    positives: Any,
    similarity: str,
    both: bool,
    block_size: int | None,
    every: bool,
    gains: Any = None,
    failed: tuple[Any, Any] = (None, None),
) -> tuple[GroupCounts, GroupCounts | None]:
    if block_size is not None and block_size < 1:
        raise ValueError(f"block_size must be positive, got {block_size}.")
    queries, candidates, backend = embeddings(queries, candidates, similarity)
    pairs = positive_pairs(positives, queries.shape[0], candidates.shape[0])
    gain = pair_gains(gains, positives)
    own, other = (
        make_side(x, backend, similarity, _mask(dead, x.shape[0], name), name)
        for x, dead, name in zip((queries, candidates), failed, ("queries", "candidates"), strict=True)
    )
    return count_embeddings(own, other, pairs, backend, both=both, every=every, gain=gain, block_size=block_size)


def embeddings(queries: Any, candidates: Any, similarity: str) -> tuple[Any, Any, Backend]:
    """Both sides, checked, and the library that scores them.

    Raises:
        ValueError: an unknown similarity, widths that differ, tensors on different devices.
    """
    if similarity not in ("cosine", "dot"):
        raise ValueError(f'similarity must be "cosine" or "dot", got {similarity!r}.')
    queries, candidates = to_matrix(queries, "queries"), to_matrix(candidates, "candidates")
    if queries.shape[1] != candidates.shape[1]:
        raise ValueError(f"queries have {queries.shape[1]} dimensions and candidates {candidates.shape[1]}.")
    return queries, candidates, _backend(queries, candidates)


def _backend(queries: Any, candidates: Any) -> Backend:
    if on_device(queries) or on_device(candidates):
        from mmbench.metrics._ranking_torch import TorchBackend

        if not (on_device(queries) and on_device(candidates) and queries.device == candidates.device):
            raise ValueError("queries and candidates must be on the same device.")
        return TorchBackend()
    from mmbench.metrics._ranking_numpy import NumpyBackend

    return NumpyBackend()


def _mask(failed: Any, n: int, name: str) -> NDArray[np.bool_] | None:
    if failed is None:
        return None
    mask = to_numpy(failed)
    if mask.shape != (n,) or mask.dtype != np.bool_:
        raise ValueError(f"failed_{name} must be a boolean mask of length {n}.")
    return mask


def report(
    counted: tuple[GroupCounts, GroupCounts | None], k: Sequence[int], ties: Ties, every: bool
) -> dict[str, float]:
    """The values of one direction, or of two with their prefixes."""
    metric = retrieval_metric(k, ties, "all" if every else BASIC)
    found = [None if part is None else metric.aggregate(value_arrays(part, k, ties, every=every)) for part in counted]
    if found[1] is None:
        return found[0] or {}
    named = zip(("forward", "backward"), found, strict=True)
    return {f"{way}/{key}": value for way, values in named for key, value in (values or {}).items()}
