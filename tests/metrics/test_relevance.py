"""Values that need the place of every positive, against all orders of the tied and scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from mmbench.metrics import _ranking_sweep
from mmbench.metrics._rank_values import reciprocal_sum
from mmbench.metrics.functional import (
    cross_modal_retrieval,
    retrieval_chance,
    retrieval_from_scores,
    retrieval_metric,
)
from tests.metrics.ranking_reference import K, flip, relevance_by_hand

Problem = tuple[list[list[int]], list[list[int]], list[list[float]]]


@st.composite
def graded(draw: st.DrawFn) -> Problem:
    n, width = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    scores = draw(st.lists(st.lists(st.integers(0, 3), min_size=width, max_size=width), min_size=n, max_size=n))
    own = st.lists(st.integers(0, width - 1), unique=True, max_size=4)
    positives = draw(st.lists(own, min_size=n, max_size=n))
    gains = [[draw(st.sampled_from([1.0, 2.0])) for _ in one] for one in positives]
    return scores, positives, gains


@settings(max_examples=120)
@given(graded(), st.sampled_from(["expected", "optimistic", "pessimistic"]), st.sampled_from([0, 1, 16]))
def test_every_value_is_the_mean_over_all_orders_of_the_tied(problem: Problem, ties: str, levels: int) -> None:
    scores, positives, gains = problem
    wanted = relevance_by_hand(scores, positives, gains, ties)
    options: dict[str, Any] = {"k": K, "ties": ties, "outputs": "all", "gains": gains}
    found = retrieval_from_scores(scores, positives, **options)
    assert {key: found[key] for key in wanted} == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    table = np.array(scores)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ranking_sweep, "LEVELS", levels)
        both = cross_modal_retrieval(
            np.eye(len(table)), table.T, positives, similarity="dot", both_directions=True, block_size=2, **options
        )
    assert {key: both[f"forward/{key}"] for key in wanted} == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    back = flip(positives, table.shape[1])
    worth = [[gains[q][positives[q].index(i)] for q in own] for i, own in enumerate(back)]
    wanted = relevance_by_hand(table.T.tolist(), back, worth, ties)
    assert {key: both[f"backward/{key}"] for key in wanted} == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def random_problem(n: int, width: int, most: int, distinct: int) -> tuple[Any, list[list[int]]]:
    rng = np.random.default_rng(n * width)
    positives = [rng.permutation(width)[: rng.integers(1, most)].tolist() for _ in range(n)]
    return rng.integers(0, distinct, (n, width)).astype(np.float32), positives


def dense(positives: Sequence[Sequence[int]], width: int) -> Any:
    return np.array([[i in own for i in range(width)] for own in positives])


def test_ndcg_equals_scikit_learn_with_ties() -> None:
    scores, positives = random_problem(40, 300, 30, 25)
    arrays = retrieval_metric(k=(5, 10, 300), outputs="all", inputs="scores").per_sample(scores, positives)
    relevant = dense(positives, 300)
    for cut in (5, 10, 300):
        theirs = [ndcg_score(relevant[i : i + 1], scores[i : i + 1], k=cut) for i in range(40)]
        np.testing.assert_allclose(arrays[f"ndcg@{cut}"], theirs, atol=1e-12)


def test_average_precision_equals_scikit_learn_where_nothing_ties() -> None:
    _, positives = random_problem(40, 300, 30, 25)
    scores = np.random.default_rng(1).permutation(40 * 300).reshape(40, 300)
    arrays = retrieval_metric(outputs="all", inputs="scores").per_sample(scores, positives)
    relevant = dense(positives, 300)
    theirs = [average_precision_score(relevant[i], scores[i]) for i in range(40)]
    np.testing.assert_allclose(arrays["map"], theirs, atol=1e-12)


def test_sorting_and_comparing_count_the_same_in_score_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    from mmbench.metrics import _sorted_rows

    scores, positives = random_problem(30, 200, 60, 40)
    sorted_values = retrieval_from_scores(scores, positives, outputs="all")
    monkeypatch.setattr(_sorted_rows, "FEW", 1000)
    assert retrieval_from_scores(scores, positives, outputs="all") == sorted_values


def test_a_constant_model_gets_exactly_chance_in_every_value() -> None:
    positives = [list(range(1 + i % 7)) for i in range(50)]
    found = retrieval_from_scores(np.zeros((50, 4000)), positives, outputs="all")
    assert found == retrieval_chance(4000, [len(own) for own in positives], outputs="all")
    rng = np.random.default_rng(0)
    guess = retrieval_from_scores(rng.random((5000, 40)), [[0, 1, 2]] * 5000, outputs="all")
    for key, chance in retrieval_chance(40, [3] * 5000, outputs="all").items():
        if key not in ("median_rank", "n_tied"):
            assert guess[key] == pytest.approx(chance, rel=0.05), key


def test_failed_queries_count_zero_and_empty_ones_not_at_all() -> None:
    metric = retrieval_metric(k=(1,), outputs="all")
    arrays = metric.per_sample(np.eye(3), np.eye(3), [[0, 1], [1], []], failed_queries=np.array([True, False, False]))
    for name in ("recall@1", "map", "map@r", "r_precision", "ndcg@1"):
        np.testing.assert_array_equal(arrays[name], [0, 1, np.nan])
        assert metric.aggregate(arrays)[name] == 0.5


def test_a_failed_positive_stands_behind_the_others() -> None:
    metric = retrieval_metric(k=(1,), outputs="all")
    arrays = metric.per_sample(
        np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]]), [[0, 3]],
        failed_candidates=np.array([False, False, False, True]),
    )  # fmt: skip
    assert arrays["map"][0] == pytest.approx((1 + 2 / 4) / 2)


@settings(max_examples=200)
@given(st.integers(0, 10**7), st.integers(0, 500))
def test_sums_of_reciprocals_lose_no_digits(after: int, count: int) -> None:
    import math

    wanted = math.fsum(1 / (after + j) for j in range(1, count + 1))
    assert reciprocal_sum(np.array([after]), np.array([count]))[0] == pytest.approx(wanted, rel=1e-14, abs=0)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 4))
def test_values_without_ties_are_those_of_trec_eval(seed: int, width: int, n: int) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    rng = np.random.default_rng(seed)
    scores = rng.permuted(np.tile(np.arange(width, dtype=np.float64), (n, 1)), axis=1)
    positives = [sorted(rng.permutation(width)[: rng.integers(1, width + 1)].tolist()) for _ in range(n)]
    gains = [[float(rng.integers(1, 4)) for _ in one] for one in positives]
    judged = {
        f"q{i}": {f"d{j}": int(g) for j, g in zip(own, worth, strict=True)}
        for i, (own, worth) in enumerate(zip(positives, gains, strict=True))
    }
    run = {f"q{i}": {f"d{j}": float(score) for j, score in enumerate(row)} for i, row in enumerate(scores)}
    measures = {"map", "Rprec", "recip_rank", "recall.1,5", "success.1,5", "ndcg_cut.5"}
    each = pytrec_eval.RelevanceEvaluator(judged, measures).evaluate(run).values()
    names = {"map": "map", "Rprec": "r_precision", "recip_rank": "mrr", "recall_1": "recall@1", "recall_5": "recall@5",
             "success_1": "hit@1", "success_5": "hit@5", "ndcg_cut_5": "ndcg@5"}  # fmt: skip
    found = retrieval_from_scores(scores, positives, k=(1, 5), outputs="all", gains=gains)
    for theirs, ours in names.items():
        assert found[ours] == pytest.approx(np.mean([query[theirs] for query in each])), ours
