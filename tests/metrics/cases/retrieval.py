"""The contract of retrieval, from embeddings and from scores."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch

from mmbench.metrics import CrossModalRetrieval, RetrievalFromScores
from mmbench.metrics.functional import cross_modal_retrieval, retrieval_metric
from tests.metrics.cases import Args, Case

WIDTH = 10


def embeddings(rng: np.random.Generator, n: int) -> Args:
    """Two queries and two candidates to a group, scattered; small whole numbers, so that some tie."""
    groups = torch.from_numpy(rng.permutation(n) // 2)
    x = torch.from_numpy(rng.integers(-2, 3, (2, n, 4))).float() + 3 * torch.eye(4)[groups % 4]
    return x[0], x[1], groups, groups


def on_a_circle(groups: torch.Tensor) -> torch.Tensor:
    """Each group at an angle of its own."""
    return torch.stack([groups.mul(0.1).cos(), groups.mul(0.1).sin(), *[torch.zeros(len(groups))] * 2], dim=1)


def same_group(args: Args, *, outputs: str | tuple[str, ...]) -> Mapping[str, float]:
    queries, candidates, own, other = args
    positives = [np.flatnonzero((other == group).numpy()).tolist() for group in own]
    return dict(cross_modal_retrieval(queries, candidates, positives, outputs=outputs))


def scores(rng: np.random.Generator, n: int) -> Args:
    """One positive per query among ``WIDTH`` candidates that often tie; it scores a little higher."""
    right = rng.integers(0, WIDTH, n)
    table = rng.integers(0, 6, (n, WIDTH)).astype(np.float32)
    table[np.arange(n), right] += 2
    return table, [[int(i)] for i in right]


def perfect_scores(args: Args) -> Args:
    return np.eye(WIDTH)[[own[0] for own in args[1]]], args[1]


HARMONIC = sum(1 / i for i in range(1, WIDTH + 1))
BAD_PAIRS = (
    ((torch.ones(3, 2), torch.ones(3, 2), torch.arange(2), torch.arange(3)), "queries must be"),
    ((torch.ones(3, 2), torch.ones(3, 2), torch.arange(3), torch.ones(3)), "candidates must be"),
)
CASES = tuple(
    case
    for outputs in ("hit-rank", "all")
    for chosen in ("all" if outputs == "all" else ("hit", "rank"),)
    for case in (
        Case(
            name=f"retrieval-embeddings-{outputs}",
            spec=retrieval_metric(outputs=chosen),
            build=partial(CrossModalRetrieval, outputs=chosen),
            sample=embeddings,
            oracle=lambda args: (on_a_circle(args[2]), on_a_circle(args[3]), *args[2:]),
            constant=lambda args: (torch.ones(len(args[2]), 4), torch.ones(len(args[3]), 4), *args[2:]),
            constant_values={"hit@1": 2 / 60, "mean_rank": 61 / 3, "n_tied": 60}
            | ({"recall@10": 1 / 6, "r_precision": 2 / 60} if outputs == "all" else {}),
            oracle_values={"n_tied": 0, "n_empty": 0} | ({"recall@1": 0.5} if outputs == "all" else {}),
            bad=BAD_PAIRS,
            whole=partial(same_group, outputs=chosen),
        ),
        Case(
            name=f"retrieval-scores-{outputs}",
            spec=retrieval_metric(outputs=chosen, inputs="scores"),
            build=partial(RetrievalFromScores, outputs=chosen),
            sample=scores,
            oracle=perfect_scores,
            constant=lambda args: (np.zeros_like(args[0]), args[1]),
            constant_values={"hit@1": 0.1, "hit@5": 0.5, "mean_rank": 5.5, "mrr": HARMONIC / WIDTH, "n_tied": 60}
            | ({"map": HARMONIC / WIDTH, "map@r": 0.1} if outputs == "all" else {}),
            oracle_values={"n_tied": 0, "n_empty": 0},
            bad=(
                ((np.full((2, 3), np.nan), [[0], [1]]), "scores row 0 holds NaN"),
                ((np.ones((2, 3)), [[0]]), "2 queries, 1 lists"),
                ((np.ones((2, 3)), [[0], [7]]), "query 1 name candidate 7"),
            ),
        ),
    )
)
