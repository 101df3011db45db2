"""Cross-modal retrieval against exact arithmetic, official scorers and its own floors."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.retrieval import RetrievalHitRate

from mmbench.metrics.functional import (
    cross_modal_retrieval,
    retrieval_chance,
    retrieval_from_scores,
    retrieval_metric,
)
from tests.metrics.ranking_reference import (
    K,
    Matrix,
    ScoreRows,
    exact_cosine,
    exact_dot,
    expected_by_hand,
    flip,
    problems,
)


@settings(max_examples=150)
@given(
    problems(),
    st.sampled_from(["cosine", "dot"]),
    st.sampled_from(["expected", "optimistic", "pessimistic"]),
    st.integers(1, 4),
)
def test_integer_embeddings_get_the_exact_values(
    problem: tuple[Matrix, Matrix, list[list[int]]], similarity: str, ties: str, block: int
) -> None:
    queries, candidates, positives = problem
    exact: Callable[[Matrix, Matrix], ScoreRows] = exact_cosine if similarity == "cosine" else exact_dot
    found = cross_modal_retrieval(
        queries, candidates, positives, k=K, similarity=similarity, ties=ties, both_directions=True, block_size=block
    )
    forward = expected_by_hand(exact(queries, candidates), positives, ties)
    backward = expected_by_hand(exact(candidates, queries), flip(positives, len(candidates)), ties)
    wanted = {f"forward/{key}": value for key, value in forward.items()}
    wanted |= {f"backward/{key}": value for key, value in backward.items()}
    assert found == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    assert cross_modal_retrieval(
        queries, candidates, positives, k=K, similarity=similarity, ties=ties
    ) == pytest.approx(forward, abs=1e-12, nan_ok=True)


@settings(max_examples=50)
@given(problems(), st.sampled_from(["expected", "optimistic", "pessimistic"]))
def test_score_matrices_get_the_exact_values(problem: tuple[Matrix, Matrix, list[list[int]]], ties: str) -> None:
    queries, candidates, positives = problem
    scores = exact_dot(queries, candidates)
    found = retrieval_from_scores(np.array(scores, dtype=np.float16), positives, k=K, ties=ties, both_directions=True)
    forward = expected_by_hand(scores, positives, ties)
    backward = expected_by_hand(list(zip(*scores, strict=True)), flip(positives, len(candidates)), ties)
    wanted = {f"forward/{key}": value for key, value in forward.items()}
    wanted |= {f"backward/{key}": value for key, value in backward.items()}
    assert found == pytest.approx(wanted, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("n_queries", "n_candidates", "depth"), [(1, 1, 1), (37, 23, 8), (300, 1100, 33), (1500, 7, 64)]
)
@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_a_constant_model_gets_exactly_chance(n_queries: int, n_candidates: int, depth: int, similarity: str) -> None:
    rng = np.random.default_rng(depth)
    queries = np.tile(rng.random(depth, dtype=np.float32), (n_queries, 1))
    candidates = np.tile(rng.random(depth, dtype=np.float32), (n_candidates, 1))
    positives = [sorted({i % n_candidates, (3 * i + 1) % n_candidates}) for i in range(n_queries)]
    found = cross_modal_retrieval(queries, candidates, positives, similarity=similarity, both_directions=True)
    back = [len(own) for own in flip(positives, n_candidates)]
    for prefix, chance in (
        ("forward/", retrieval_chance(n_candidates, [len(own) for own in positives])),
        ("backward/", retrieval_chance(n_queries, back)),
    ):
        assert {key: found[prefix + key] for key in chance} == pytest.approx(chance, abs=0, rel=0, nan_ok=True)


def test_chance_of_one_positive_is_k_of_n() -> None:
    assert retrieval_chance(8, 1, k=(1, 2, 4)) == {
        "hit@1": 1 / 8, "hit@2": 2 / 8, "hit@4": 4 / 8, "median_rank": 4.5, "mean_rank": 4.5,
        "mrr": pytest.approx(sum(1 / i for i in range(1, 9)) / 8), "n_empty": 0, "n_tied": 1,
    }  # fmt: skip


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_a_model_that_collapsed_up_to_rounding_noise_stays_at_chance(similarity: str) -> None:
    """Scores differ by less than a product's rounding: a positive scored by another kernel than the rest could win."""
    rng = np.random.default_rng(0)
    base = np.abs(rng.standard_normal(256)).astype(np.float32)

    def collapsed(n: int) -> Matrix:
        return base * (1 + 1e-7 * rng.integers(-1, 2, (n, 256))).astype(np.float32)

    found = cross_modal_retrieval(
        collapsed(600), collapsed(300), [[i // 2] for i in range(600)], similarity=similarity, both_directions=True
    )
    assert found["forward/hit@10"] == pytest.approx(10 / 300, abs=0.02)
    assert found["backward/hit@10"] == pytest.approx(retrieval_chance(600, 2)["hit@10"], abs=0.03)


def test_identical_vectors_tie_among_others_that_do_not() -> None:
    rng = np.random.default_rng(1)
    kinds = rng.standard_normal((6, 40))
    which_query, which = rng.integers(0, 6, 90), rng.integers(0, 6, 70)
    table = kinds @ kinds.T
    positives = [[int(i)] for i in rng.integers(0, 70, 90)]
    found = cross_modal_retrieval(kinds[which_query], kinds[which], positives, k=K, similarity="dot")
    assert found == pytest.approx(expected_by_hand(table[which_query][:, which].tolist(), positives, "expected"))
    assert found["n_tied"] > 50


def test_hits_equal_torchmetrics_where_nothing_ties() -> None:
    rng = np.random.default_rng(3)
    scores = rng.permutation(60 * 25).reshape(60, 25) / 1500 + 0.1  # above 0, which torchmetrics needs
    positives = [sorted(rng.choice(25, size=rng.integers(1, 4), replace=False).tolist()) for _ in range(60)]
    mask = np.array([[i in own for i in range(25)] for own in positives])
    theirs = RetrievalHitRate(top_k=3)(
        torch.tensor(scores.ravel()), torch.tensor(mask.ravel()), indexes=torch.arange(60).repeat_interleave(25)
    )
    ours = retrieval_from_scores(scores, positives, k=(3,))
    assert ours["hit@3"] == pytest.approx(float(theirs))


@settings(max_examples=30)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(problem: tuple[Matrix, Matrix, list[list[int]]], random: Any) -> None:
    queries, candidates, positives = problem
    rows, columns = list(range(len(queries))), list(range(len(candidates)))
    random.shuffle(rows)
    random.shuffle(columns)
    moved = [[columns.index(i) for i in positives[row]] for row in rows]
    before = cross_modal_retrieval(queries, candidates, positives)
    after = cross_modal_retrieval(queries[rows], candidates[columns], moved)
    assert after == pytest.approx(before, nan_ok=True)


def test_oracle_and_random_stand_where_they_should() -> None:
    rng = np.random.default_rng(4)
    owner = np.arange(500) // 5
    oracle = cross_modal_retrieval(np.eye(100)[owner], np.eye(100), owner, both_directions=True)
    assert [oracle[f"{way}/{key}"] for way in ("forward", "backward") for key in ("hit@1", "mean_rank", "mrr")] == [
        1
    ] * 6
    noise = cross_modal_retrieval(rng.standard_normal((500, 16)), rng.standard_normal((100, 16)), owner)
    assert noise["hit@10"] == pytest.approx(0.1, abs=0.05)
    assert noise["mean_rank"] == pytest.approx(50.5, abs=5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int64])
def test_tensors_of_any_dtype_are_scored_as_their_values(dtype: torch.dtype) -> None:
    rng = np.random.default_rng(5)
    queries, candidates = (torch.tensor(rng.integers(-9, 9, (n, 5))).to(dtype) for n in (20, 12))
    owner = rng.integers(0, 12, 20)
    wide = [x.double().numpy() for x in (queries, candidates)]
    assert cross_modal_retrieval(queries, candidates, owner) == cross_modal_retrieval(*wide, owner)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_length_of_vectors_neither_overflows_nor_vanishes(scale: float) -> None:
    rng = np.random.default_rng(6)
    queries, candidates = (rng.standard_normal((n, 8)).astype(np.float32) for n in (30, 20))
    owner = np.arange(30) % 20
    for similarity in ("cosine", "dot"):
        plain = cross_modal_retrieval(queries, candidates, owner, similarity=similarity)
        scaled = cross_modal_retrieval(
            queries * np.float32(scale), candidates * np.float32(scale), owner, similarity=similarity
        )
        assert scaled == plain


def test_queries_without_positives_are_counted_and_not_scored() -> None:
    scores = [[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]
    arrays = retrieval_metric(k=(1,), inputs="scores").per_sample(scores, [[0], [], [2]])
    assert arrays["empty"].tolist() == [0, 1, 0]
    assert np.isnan(arrays["rank"]).tolist() == [False, True, False]
    assert retrieval_from_scores(scores, [[0], [], [2]], k=(1,)) == pytest.approx(
        {"hit@1": 2 / 3, "median_rank": 1.5, "mean_rank": 1.5, "mrr": (1 + 11 / 18) / 2, "n_empty": 1, "n_tied": 1}
    )
    nothing = cross_modal_retrieval(np.empty((0, 4)), np.ones((3, 4)), [])
    assert math.isnan(nothing["hit@1"])
    assert math.isnan(nothing["median_rank"])


def test_a_cut_off_beyond_the_gallery_is_the_gallery() -> None:
    assert retrieval_from_scores([[0.0, 1.0, 2.0]], [[0]], k=(2, 3, 50))["hit@50"] == 1
    assert retrieval_chance(3, 1, k=(50,))["hit@50"] == 1


def test_failed_samples_get_the_error_value_and_stay_in_the_gallery() -> None:
    rng = np.random.default_rng(7)
    queries, candidates = rng.standard_normal((6, 4)), rng.standard_normal((5, 4))
    owner = np.array([0, 1, 2, 3, 4, 0])
    lost_query, lost_candidates = np.arange(6) == 1, np.isin(np.arange(5), (3, 4))
    queries[1], candidates[3], candidates[4] = np.nan, np.inf, 0
    arrays = retrieval_metric(k=(1, 5)).per_sample(
        queries, candidates, owner, failed_queries=lost_query, failed_candidates=lost_candidates
    )
    scores = np.full((6, 5), -np.inf)
    alive = np.ix_(~lost_query, ~lost_candidates)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries[~lost_query], candidates[~lost_candidates])]
    scores[alive] = unit[0] @ unit[1].T
    wanted = retrieval_metric(k=(1, 5), inputs="scores").per_sample(scores, owner)
    rest = ~lost_query
    for name, values in wanted.items():
        np.testing.assert_allclose(arrays[name][rest], values[rest])
    assert arrays["rank"][3] == 4.5  # behind the three that did not fail, tied with the other that did
    assert [arrays[name][1] for name in ("rank", "hit@1", "hit@5", "reciprocal_rank")] == [5, 0, 0, 1 / 5]


def test_weights_are_the_same_as_repeated_samples() -> None:
    rng = np.random.default_rng(8)
    metric = retrieval_metric(inputs="scores")
    positives = [[int(i)] if i < 12 else [] for i in rng.integers(0, 14, 40)]
    arrays = metric.per_sample(rng.integers(0, 6, (40, 12)), positives)
    assert metric.from_weights is not None
    draws = rng.integers(0, 40, (5, 40))
    weights = np.stack([np.bincount(draw, minlength=40) for draw in draws]).astype(np.float64)
    medians = metric.from_weights(arrays, weights)["median_rank"]
    for draw, weight, median in zip(draws, weights, medians, strict=True):
        repeated = {name: values[draw] for name, values in arrays.items()}
        assert metric.aggregate(arrays, weight) == pytest.approx(metric.aggregate(repeated))
        assert median == np.nanmedian(arrays["rank"][draw])
    assert math.isnan(metric.aggregate(arrays, np.zeros(40))["median_rank"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queries": np.array([[1.0, 2.0], [np.nan, 1.0]])}, "queries row 1 holds a value that is not finite"),
        ({"candidates": np.full((3, 2), 1e200)}, "candidates row 0"),
        ({"candidates": np.ones((3, 4))}, "queries have 2 dimensions and candidates 4"),
        ({"queries": np.ones(2)}, "queries must have two dimensions"),
        ({"queries": np.array([["a", "b"], ["c", "d"]])}, "queries must hold real numbers"),
        ({"positives": [[0]]}, "2 queries, 1 lists"),
        ({"positives": [[0], [3]]}, "positives of query 1 name candidate 3, but there are 3 candidates"),
        ({"positives": [[0], [-1]]}, "positives of query 1 name candidate -1"),
        ({"positives": [[0], [2, 1, 2]]}, "positives of query 1 name candidate 2 twice"),
        ({"positives": [[0], [0.5]]}, "integer indices"),
        ({"positives": ["0", [0]]}, "positives of query 0 must be a list"),
        ({"positives": 3}, "one index list per query"),
        ({"positives": (np.array([0, 2]), np.array([0]))}, "CSR"),
        ({"k": (0,)}, "k must be"),
        ({"k": ()}, "k must be"),
        ({"k": (1, 1)}, "k must be"),
        ({"ties": "random"}, "ties must be one of expected, optimistic, pessimistic"),
        ({"similarity": "l2"}, "similarity must be"),
        ({"outputs": "map"}, "outputs must be"),
        ({"outputs": ("hit", "map")}, "outputs must be"),
        ({"block_size": 0}, "block_size"),
        ({"gains": [[1], [1]]}, "gains of query 1 are 1 numbers for 2 positives"),
        ({"gains": [[1], [1, 0]]}, "gains of query 1 hold 0.0, expected finite numbers above 0"),
        ({"gains": [["a"], ["b", "c"]]}, "gains must be numbers"),
        ({"gains": np.ones(2)}, "3 positives, 2 gains"),
    ],
)
def test_a_wrong_input_is_named(changes: dict[str, Any], message: str) -> None:
    given = {"queries": np.ones((2, 2)), "candidates": np.ones((3, 2)), "positives": [[0], [1, 2]]} | changes
    with pytest.raises(ValueError, match=message):
        cross_modal_retrieval(**given)


def test_wrong_options_are_named() -> None:
    cpu, elsewhere = torch.ones(2, 2), torch.ones(2, 2, device="meta")
    with pytest.raises(ValueError, match="must be on the same device"):
        cross_modal_retrieval(elsewhere, cpu, [[0], [1]])
    with pytest.raises(ValueError, match="failed_queries must be a boolean mask of length 2"):
        retrieval_metric().per_sample(cpu, cpu, [[0], [1]], failed_queries=[0])
    with pytest.raises(ValueError, match="inputs must be"):
        retrieval_metric(inputs="ranks")
    with pytest.raises(ValueError, match="between 0 and n_candidates = 3"):
        retrieval_chance(3, [1, 4])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_cannot_be_ranked_is_named(bad: float) -> None:
    with pytest.raises(ValueError, match="scores row 1"):
        retrieval_from_scores([[0.0, -np.inf], [bad, 0.0]], [[0], [1]])


def test_positives_may_be_lists_one_index_each_or_csr() -> None:
    scores = np.random.default_rng(10).random((3, 4))
    wanted = retrieval_from_scores(scores, [[1], [0], [3]])
    assert retrieval_from_scores(scores, np.array([1, 0, 3])) == wanted
    assert retrieval_from_scores(scores, (np.array([0, 1, 2, 3]), np.array([1, 0, 3]))) == wanted
    assert retrieval_from_scores(torch.tensor(scores), [torch.tensor([1]), (0,), {3}]) == wanted
