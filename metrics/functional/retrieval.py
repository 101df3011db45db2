"""Cross-modal retrieval: hit rates and ranks of the best positive from embeddings or scores, ties as expectations."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._inputs import on_device, to_matrix, to_numpy
from mmbench.metrics._positives import positive_pairs
from mmbench.metrics._rank_values import TIES, Counts, rank_arrays
from mmbench.metrics._ranking import Backend, count_embeddings, count_score_matrix, make_side
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "cross_modal_retrieval",
    "retrieval_chance",
    "retrieval_from_scores",
    "retrieval_metric",
]

Ties = Literal["expected", "optimistic", "pessimistic"]
Similarity = Literal["cosine", "dot"]
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
    outputs: Sequence[str] = ("hit", "rank"),
    both_directions: bool = False,
    block_size: int | None = None,
) -> dict[str, float]:
    """Where the best positive of each query lands among all candidates.

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
        outputs: the groups "hit" and "rank"; both are always given.
        both_directions: also rank the queries for every candidate, from the same products.
        block_size: rows of the longer side per product (default 1024); the result does not depend on it.

    Returns:
        ``hit@k`` in [0, 1] for each k, ``median_rank``, ``mean_rank`` (from 1), ``mrr`` in (0, 1], ``n_empty`` (queries
        without
        positives: counted, not scored) and ``n_tied`` (queries with t > 0). With ``both_directions`` every key twice,
        prefixed ``forward/`` and ``backward/``. Values over no query at all are NaN.

    Raises:
        ValueError: shapes that don't fit, a row that is not finite, a positive out of range or named twice, an unknown
            option.

    Note:
        ``hit@k`` is what CLIP_benchmark and VSE++ (Faghri et al. 2018, ``evaluation.py``) print as R@K; it is not
        recall, which divides by the number of positives. Neither says what happens to ties.
    """
    _check_options(k, ties, outputs)
    forward, backward = _count(queries, candidates, positives, similarity, both_directions, block_size)
    return _report(forward, backward, k, ties)


def retrieval_from_scores(
    scores: Any,
    positives: Any,
    *,
    k: Sequence[int] = DEFAULT_K,
    ties: Ties = "expected",
    outputs: Sequence[str] = ("hit", "rank"),
    both_directions: bool = False,
) -> dict[str, float]:
    """``cross_modal_retrieval`` from a score matrix; scores tie when they are equal.

    Args:
        scores: ``(Q, N)``, higher is better. Minus infinity is "not scored": behind everything, tied with its like.
        positives: as in ``cross_modal_retrieval``.
        k: cut-offs.
        ties: "expected", "optimistic" or "pessimistic".
        outputs: "hit" and "rank".
        both_directions: also rank the rows for every column.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: NaN or plus infinity among the scores, and as in ``cross_modal_retrieval``.
    """
    _check_options(k, ties, outputs)
    scores = to_matrix(scores, "scores")
    pairs = positive_pairs(positives, *scores.shape)
    forward = count_score_matrix(scores, pairs)
    backward = count_score_matrix(scores.T, pairs.flipped()) if both_directions else None
    return _report(forward, backward, k, ties)


def retrieval_chance(
    n_candidates: int, positives_per_query: int | Sequence[int] | NDArray[np.int64], *, k: Sequence[int] = DEFAULT_K
) -> dict[str, float]:
    """The floor: what embeddings that are all the same get, in closed form, under ``ties="expected"``.

    ``hit@k``, ``mean_rank`` and ``mrr`` are also the expected values of a random ranking. ``median_rank`` is the median
    of the queries' expected ranks, and ``n_tied`` counts every query that has a negative, as for the constant model.

    Args:
        n_candidates: size of the gallery.
        positives_per_query: one count for all, or one per query ``(Q,)``.
        k: cut-offs.

    Returns:
        The keys of ``cross_modal_retrieval``.

    Raises:
        ValueError: more positives than candidates, or a negative count.
    """
    _check_options(k, "expected", ("hit", "rank"))
    positives = np.atleast_1d(np.asarray(positives_per_query, dtype=np.int64))
    if len(positives) and not 0 <= positives.min() <= positives.max() <= n_candidates:
        raise ValueError(f"positives_per_query must lie between 0 and n_candidates = {n_candidates}.")
    counts = Counts(np.zeros_like(positives), n_candidates - positives, positives, n_candidates)
    return _report(counts, None, k, "expected")


def retrieval_metric(
    k: Sequence[int] = DEFAULT_K, ties: Ties = "expected", *, inputs: Literal["embeddings", "scores"] = "embeddings"
) -> Metric:
    """Retrieval as a ``Metric``.

    ``per_sample`` takes ``(queries, candidates, positives, *, similarity="cosine", failed_queries=None,
    failed_candidates=None, block_size=None)``, or with ``inputs="scores"`` ``(scores, positives)``, and gives per query
    ``hit@k``, ``rank``, ``reciprocal_rank``, ``rank_optimistic``, ``rank_pessimistic``, ``tied``, ``empty``; a query
    without positives is NaN in all but ``empty``. The error value: a failed query (boolean masks ``(Q,)`` and ``(N,)``;
    the rows' content is ignored) has rank N and no hit, and a failed candidate stays in the gallery behind all others,
    tied with its like.
    """
    _check_options(k, ties, ("hit", "rank"))
    cuts = tuple(k)
    if inputs not in ("embeddings", "scores"):
        raise ValueError(f'inputs must be "embeddings" or "scores", got {inputs!r}.')
    per_sample = _from_embeddings if inputs == "embeddings" else _from_scores
    return Metric(
        name="retrieval",
        version=VERSION,
        keys=_keys(cuts),
        per_sample=partial(per_sample, k=cuts, ties=ties),
        sums=_sums,
        from_sums=_from_sums,
        from_weights=_median_rank,
        params={"k": cuts, "ties": ties},
    )


def _from_embeddings(
    queries: Any,
    candidates: Any,
    positives: Any,
    *,
    similarity: Similarity = "cosine",
    failed_queries: Any = None,
    failed_candidates: Any = None,
    block_size: int | None = None,
    k: Sequence[int],
    ties: Ties,
) -> dict[str, Array]:
    failed = (failed_queries, failed_candidates)
    counts, _ = _count(queries, candidates, positives, similarity, False, block_size, failed)
    return rank_arrays(counts, k, ties)


def _from_scores(scores: Any, positives: Any, *, k: Sequence[int], ties: Ties) -> dict[str, Array]:
    scores = to_matrix(scores, "scores")
    return rank_arrays(count_score_matrix(scores, positive_pairs(positives, *scores.shape)), k, ties)


def _check_options(k: Sequence[int], ties: str, outputs: Sequence[str]) -> None:
    cuts = list(k)
    if not cuts or len(set(cuts)) < len(cuts) or any(not isinstance(cut, int | np.integer) or cut < 1 for cut in cuts):
        raise ValueError(f"k must be distinct positive integers, got {k!r}.")
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, got {ties!r}.")
    if isinstance(outputs, str) or not set(outputs) <= {"hit", "rank"}:
        raise ValueError(f'outputs must be a tuple of "hit" and "rank", got {outputs!r}.')


def _count(
    queries: Any,
    candidates: Any,
    positives: Any,
    similarity: str,
    both: bool,
    block_size: int | None,
    failed: tuple[Any, Any] = (None, None),
) -> tuple[Counts, Counts | None]:
    if similarity not in ("cosine", "dot"):
        raise ValueError(f'similarity must be "cosine" or "dot", got {similarity!r}.')
    if block_size is not None and block_size < 1:
        raise ValueError(f"block_size must be positive, got {block_size}.")
    queries, candidates = to_matrix(queries, "queries"), to_matrix(candidates, "candidates")
    if queries.shape[1] != candidates.shape[1]:
        raise ValueError(f"queries have {queries.shape[1]} dimensions and candidates {candidates.shape[1]}.")
    pairs = positive_pairs(positives, queries.shape[0], candidates.shape[0])
    backend = _backend(queries, candidates)
    sides = [
        make_side(x, backend, similarity, _mask(dead, x.shape[0], name), name)
        for x, dead, name in zip((queries, candidates), failed, ("queries", "candidates"), strict=True)
    ]
    return count_embeddings(sides[0], sides[1], pairs, backend, both=both, block_size=block_size)


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


def _report(forward: Counts, backward: Counts | None, k: Sequence[int], ties: Ties) -> dict[str, float]:
    metric = retrieval_metric(k, ties)
    values = metric.aggregate(rank_arrays(forward, k, ties))
    if backward is None:
        return values
    back = metric.aggregate(rank_arrays(backward, k, ties))
    return {f"forward/{key}": value for key, value in values.items()} | {f"backward/{key}": back[key] for key in back}


def _sums(arrays: Arrays) -> dict[str, Array]:
    empty = arrays["empty"]
    names = [name for name in arrays if name.startswith("hit@") or name in ("rank", "reciprocal_rank", "tied")]
    return {name: np.where(empty > 0, 0.0, arrays[name]) for name in names} | {"scored": 1 - empty, "empty": empty}


def _from_sums(sums: Arrays) -> dict[str, Array]:
    scored = np.where(sums["scored"] > 0, sums["scored"], np.nan)
    values = {name: total / scored for name, total in sums.items() if name.startswith("hit@")}
    values |= {"mean_rank": sums["rank"] / scored, "mrr": sums["reciprocal_rank"] / scored}
    return values | {"n_empty": sums["empty"], "n_tied": sums["tied"]}


def _median_rank(arrays: Arrays, weights: Array) -> dict[str, Array]:
    """The median of the weighted sample: of the two middle ranks, their mean."""
    scored = np.flatnonzero(arrays["empty"] == 0)
    order = scored[np.argsort(arrays["rank"][scored], kind="stable")]
    ranks = np.append(arrays["rank"][order], np.nan)  # the last one is for weights that are all zero
    below = np.cumsum(weights[:, order], axis=1)
    total = below[:, -1] if len(order) else np.zeros(len(weights))
    middle = [np.count_nonzero(below <= position[:, None], axis=1) for position in ((total - 1) // 2, total // 2)]
    return {"median_rank": (ranks[middle[0]] + ranks[middle[1]]) / 2}


def _keys(k: Sequence[int]) -> dict[str, Key]:
    field = "CLIP_benchmark zeroshot_retrieval.py and VSE++ evaluation.py (there R@K), ties as expected values"
    hits = {
        f"hit@{cut}": Key(
            f"hit@{cut}", True, f"share of queries with a positive among the first {cut} candidates", field
        )
        for cut in k
    }
    vsepp, trec = "VSE++ evaluation.py, without its rounding down", "TREC reciprocal rank"
    return hits | {
        "median_rank": Key("median rank", False, "median rank of the best positive, from 1", vsepp, 1.0, None),
        "mean_rank": Key(
            "mean rank", False, "mean rank of the best positive, from 1", "VSE++ evaluation.py", 1.0, None
        ),
        "mrr": Key("MRR", True, "mean of 1 / rank of the best positive", trec),
        "n_empty": Key(
            "without positives", False, "queries without positives: not scored", "mmbench", 0.0, None, count=True
        ),
        "n_tied": Key(
            "tied", False, "queries whose best positive ties with a negative", "mmbench", 0.0, None, count=True
        ),
    }
