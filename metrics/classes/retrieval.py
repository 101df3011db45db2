"""Retrieval from embeddings or rows of scores that arrive in batches, on any number of processes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torchmetrics import Metric

from mmbench.metrics._inputs import to_numpy
from mmbench.metrics._retrieval_values import BASIC
from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.classes._states import as_tensors, fill_empty, joined, warn_if_empty
from mmbench.metrics.functional.retrieval import (
    DEFAULT_K,
    Outputs,
    Similarity,
    Ties,
    cross_modal_retrieval,
    retrieval_metric,
)

__all__ = ["CrossModalRetrieval", "RetrievalFromScores"]

_STATES = {
    "retrieval_queries": torch.float32,
    "retrieval_query_groups": torch.int64,
    "retrieval_candidates": torch.float32,
    "retrieval_candidate_groups": torch.int64,
}


class CrossModalRetrieval(Metric):
    """The values of ``cross_modal_retrieval`` over everything that all updates on all processes brought.

    A candidate is right for a query if both carry the same group id (the picture that captions belong to). Ids must
    mean the same on every process. Each query and each candidate must come once: a picture with five captions is one
    candidate, and the two sides of an update may have different lengths, 0 included. Positives that aren't groups need
    the function.

    All embeddings are kept (float32, ``4 * (Q + N) * D`` bytes); nothing is computed before ``compute``. Do not call
    ``forward``: it copies every kept tensor at each step.

    Args:
        k: cut-offs.
        similarity: "cosine" or "dot".
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        both_directions: also rank the queries for every candidate.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown option.
    """

    full_state_update = False
    is_differentiable = False
    retrieval_width: torch.Tensor
    # One-dimensional, so that a process without data, which doesn't know D, can join.
    retrieval_queries: list[torch.Tensor]
    retrieval_query_groups: list[torch.Tensor]
    retrieval_candidates: list[torch.Tensor]
    retrieval_candidate_groups: list[torch.Tensor]

    def __init__(
        self,
        k: Sequence[int] = DEFAULT_K,
        *,
        similarity: Similarity = "cosine",
        ties: Ties = "expected",
        outputs: Outputs = BASIC,
        both_directions: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        retrieval_metric(k, ties, outputs)  # refuses unknown options
        self.k, self.similarity, self.ties = tuple(k), similarity, ties
        self.outputs, self.both_directions = outputs, both_directions
        self.add_state("retrieval_width", default=torch.tensor(0), dist_reduce_fx="max")
        for name in _STATES:
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(
        self,
        queries: torch.Tensor,
        candidates: torch.Tensor,
        query_groups: torch.Tensor,
        candidate_groups: torch.Tensor,
    ) -> None:
        """Add ``(b, D)`` queries and ``(c, D)`` candidates with their int64 group ids ``(b,)`` and ``(c,)``.

        Raises:
            ValueError: shapes that don't fit, another D than before, or ids that aren't integers.
        """
        width = int(self.retrieval_width)
        for name, x, groups in (("queries", queries, query_groups), ("candidates", candidates, candidate_groups)):
            if x.ndim != 2 or groups.shape != x.shape[:1] or groups.is_floating_point() or groups.is_complex():
                raise ValueError(f"{name} must be (n, D) with n integer group ids, got {x.shape} and {groups.shape}.")
            if width not in (0, x.shape[1]):
                raise ValueError(f"{name} have {x.shape[1]} dimensions, but {width} came before.")
            width = int(x.shape[1])
        self.retrieval_width = torch.full_like(self.retrieval_width, width)
        self.retrieval_queries.append(queries.detach().float().reshape(-1))
        self.retrieval_query_groups.append(query_groups.long())
        self.retrieval_candidates.append(candidates.detach().float().reshape(-1))
        self.retrieval_candidate_groups.append(candidate_groups.long())

    def compute(self) -> dict[str, torch.Tensor]:
        """A float64 scalar per key of ``cross_modal_retrieval``; NaN over no queries."""
        queries, own, candidates, other = (joined(getattr(self, name), dtype) for name, dtype in _STATES.items())
        warn_if_empty(self, len(own))
        width = int(self.retrieval_width)
        if len(queries) != len(own) * width or len(candidates) != len(other) * width:
            raise ValueError("the processes have embeddings of different width.")
        values = cross_modal_retrieval(
            queries.reshape(len(own), width),
            candidates.reshape(len(other), width),
            _same_group(to_numpy(own), to_numpy(other)),
            k=self.k,
            similarity=self.similarity,
            ties=self.ties,
            outputs=self.outputs,
            both_directions=self.both_directions,
        )
        return as_tensors(values, self.device)

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather from all processes, those without data included."""
        fill_empty(self, _STATES)
        super().sync(*args, **kwargs)


class RetrievalFromScores(SampleMetric):
    """The values of ``retrieval_from_scores`` over rows of scores: ``update(scores (b, N), positives)``.

    Each row is a query against the whole gallery; the width may differ from batch to batch (a gallery per query). Five
    float64 numbers and one per cut-off are kept per query, no scores.

    Args:
        k: cut-offs.
        ties: "expected", "optimistic" or "pessimistic".
        outputs: ``("hit", "rank")`` or "all".
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown option.
    """

    def __init__(
        self, k: Sequence[int] = DEFAULT_K, ties: Ties = "expected", outputs: Outputs = BASIC, **kwargs: Any
    ) -> None:
        super().__init__(retrieval_metric(k, ties, outputs, inputs="scores"), **kwargs)


def _same_group(own: Any, other: Any) -> tuple[Any, Any]:
    """For each id in ``own`` where it occurs in ``other``, as CSR."""
    order = np.argsort(other, kind="stable")
    first, last = (np.searchsorted(other[order], own, side=side) for side in ("left", "right"))
    counts = last - first
    indptr = np.concatenate(([0], np.cumsum(counts)))
    within = np.arange(indptr[-1]) - np.repeat(indptr[:-1], counts)
    return indptr, order[np.repeat(first, counts) + within]
