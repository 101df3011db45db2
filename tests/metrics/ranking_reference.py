"""What retrieval must give, from definitions: exact scores, fractions, and all orders of what ties, one by one."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Matrix = NDArray[Any]
ScoreRows = Sequence[Sequence[Any]]
K = (1, 2, 5)


def exact_cosine(queries: Matrix, candidates: Matrix) -> list[list[Fraction]]:
    """Numbers that order the candidates of a query as its cosines do, without a root: sign(dot) dot^2 / |c|^2."""
    rows = []
    for query in queries.tolist():
        dots = [sum(int(a) * int(b) for a, b in zip(query, other, strict=True)) for other in candidates.tolist()]
        norms = [sum(int(a) ** 2 for a in other) for other in candidates.tolist()]
        rows.append([Fraction(d * abs(d), n) if n else Fraction(0) for d, n in zip(dots, norms, strict=True)])
    return rows


def exact_dot(queries: Matrix, candidates: Matrix) -> list[list[int]]:
    return [[int(value) for value in row] for row in (queries.astype(int) @ candidates.astype(int).T)]


def expected_by_hand(scores: ScoreRows, positives: Sequence[Sequence[int]], ties: str) -> dict[str, float]:
    """Every value from its definition, in fractions: the first of m positives among t + m tied, all orders alike."""
    hits: dict[int, list[Fraction]] = {cut: [] for cut in K}
    ranks, reciprocal, tied = [], [], 0
    for row, own in zip(scores, positives, strict=True):
        if not own:
            continue
        best = max(row[i] for i in own)
        negatives = [score for i, score in enumerate(row) if i not in own]
        g, t = sum(s > best for s in negatives), sum(s == best for s in negatives)
        m = sum(row[i] == best for i in own)
        tied += t > 0
        if ties == "expected":
            chances = {g + x: Fraction(math.comb(t + m - x, m - 1), math.comb(t + m, m)) for x in range(1, t + 2)}
        else:
            chances = {(1 + g if ties == "optimistic" else 1 + g + t): Fraction(1)}
        ranks.append(sum(rank * p for rank, p in chances.items()))
        reciprocal.append(sum(p / rank for rank, p in chances.items()))
        for cut in K:
            hits[cut].append(sum((p for rank, p in chances.items() if rank <= cut), Fraction(0)))

    def mean(values: list[Any]) -> float:
        return float(sum(values) / len(values)) if values else math.nan

    found = {f"hit@{cut}": mean(hits[cut]) for cut in K}
    found["median_rank"] = float(np.median([float(rank) for rank in ranks])) if ranks else math.nan
    found |= {"mean_rank": mean(ranks), "mrr": mean(reciprocal)}
    return found | {"n_empty": len(scores) - len(ranks), "n_tied": tied}


def flip(positives: Sequence[Sequence[int]], n: int) -> list[list[int]]:
    return [[q for q, own in enumerate(positives) if i in own] for i in range(n)]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Matrix, Matrix, list[list[int]]]:
    n_queries, n_candidates, depth = draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.integers(1, 3))
    numbers = st.integers(-2, 2)
    queries = draw(st.lists(st.lists(numbers, min_size=depth, max_size=depth), min_size=n_queries, max_size=n_queries))
    others = draw(
        st.lists(st.lists(numbers, min_size=depth, max_size=depth), min_size=n_candidates, max_size=n_candidates)
    )
    lists = st.lists(st.integers(0, n_candidates - 1), unique=True, max_size=4)
    positives = draw(st.lists(lists, min_size=n_queries, max_size=n_queries))
    return np.array(queries, dtype=np.float32), np.array(others, dtype=np.float32), positives


def orders(row: Sequence[float], gains: dict[int, float], ties: str) -> list[list[float]]:
    """The gains down the ranking (0 for a negative) in every distinct order of what ties, or in the one that is asked."""
    groups = [[gains.get(i, 0.0) for i, score in enumerate(row) if score == s] for s in sorted(set(row), reverse=True)]
    if ties != "expected":
        return [[gain for group in groups for gain in sorted(group, reverse=ties == "optimistic")]]
    return [[gain for group in order for gain in group] for order in product(*(list(permutations(g)) for g in groups))]


def relevance_by_hand(
    scores: ScoreRows, positives: Sequence[Sequence[int]], gains: Sequence[Sequence[float]], ties: str
) -> dict[str, float]:
    """recall@k, map, map@r, r_precision and ndcg@k as plain means over all orders of the tied."""
    found = []
    for row, own, worth in zip(scores, positives, gains, strict=True):
        if own:
            each = [_one_order(order, len(own)) for order in orders(row, dict(zip(own, worth, strict=True)), ties)]
            found.append({key: sum(values[key] for values in each) / len(each) for key in each[0]})
    names = _one_order([1.0], 1)
    return {key: float(np.mean([values[key] for values in found])) if found else math.nan for key in names}


def _one_order(gains: Sequence[float], r: int) -> dict[str, float]:
    right = [gain > 0 for gain in gains]
    precisions = [sum(right[: i + 1]) / (i + 1) if hit else 0.0 for i, hit in enumerate(right)]
    worth = [gain / math.log2(i + 2) for i, gain in enumerate(gains)]
    best = [gain / math.log2(i + 2) for i, gain in enumerate(sorted(gains, reverse=True))]
    return (
        {f"recall@{cut}": sum(right[:cut]) / r for cut in K}
        | {"map": sum(precisions) / r, "map@r": sum(precisions[:r]) / r, "r_precision": sum(right[:r]) / r}
        | {f"ndcg@{cut}": sum(worth[:cut]) / sum(best[:cut]) for cut in K}
    )
