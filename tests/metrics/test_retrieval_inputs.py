"""Retrieval from streamed scores, single pairs and several vectors; over folds and over a gallery in parts."""

from collections.abc import Sequence
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
import torch

from mmbench.metrics.functional import (
    cross_modal_retrieval,
    late_interaction_retrieval,
    retrieval_folds,
    retrieval_from_pairs,
    retrieval_from_scores,
    sharded_retrieval,
)

RNG = np.random.default_rng(0)
SCORES = RNG.integers(0, 9, (40, 30)).astype(np.float32)
POSITIVES = [RNG.permutation(30)[: i % 4].tolist() for i in range(40)]
GAINS = [[1 + i % 3 for i in range(len(own))] for own in POSITIVES]
ALL: dict[str, Any] = {"k": (1, 7), "outputs": "all", "gains": GAINS}


def test_blocks_of_rows_give_what_the_matrix_gives() -> None:
    wanted = retrieval_from_scores(SCORES, POSITIVES, **ALL)
    for height in (1, 7, 40):
        blocks = (torch.from_numpy(SCORES[top : top + height]) for top in range(0, 40, height))
        assert retrieval_from_scores(blocks, POSITIVES, **ALL) == wanted


def test_blocks_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="hold 30 rows, but positives are given for 40"):
        retrieval_from_scores(iter([SCORES[:30]]), POSITIVES)
    with pytest.raises(ValueError, match=r"must have shape \(rows, 30\), got \(20, 29\)"):
        retrieval_from_scores(iter([SCORES[:20], SCORES[20:, 1:]]), POSITIVES)
    with pytest.raises(ValueError, match="no block at all"):
        retrieval_from_scores(iter([]), POSITIVES)
    with pytest.raises(ValueError, match="both_directions needs the whole matrix"):
        retrieval_from_scores(iter([SCORES]), POSITIVES, both_directions=True)


def test_pairs_in_any_order_give_what_the_matrix_gives() -> None:
    scored = RNG.random(SCORES.shape) < 0.5
    table = np.where(scored, SCORES, -np.inf)
    rows, columns = np.nonzero(scored)
    order = RNG.permutation(len(rows))
    found = retrieval_from_pairs(
        rows[order], columns[order], SCORES[rows, columns][order], POSITIVES, n_candidates=30, **ALL
    )
    assert found == retrieval_from_scores(table, POSITIVES, **ALL)


@pytest.mark.parametrize(
    ("rows", "columns", "scores", "message"),
    [
        ([0, 0], [1, 1], [0.1, 0.2], "query 0 and candidate 1 is scored twice"),
        ([0, 2], [1, 1], [0.1, 0.2], r"query_index\[1\] is 2, expected an index in \[0, 2\)"),
        ([0, 1], [1, 3], [0.1, 0.2], r"candidate_index\[1\] is 3"),
        ([0, 1], [1], [0.1, 0.2], "one index per score: 2 scores"),
        ([0, 1], [1.5, 1], [0.1, 0.2], "must hold integers"),
        ([0, 1], [1, 1], [0.1, np.nan], r"scores\[1\] is nan"),
    ],
)
def test_a_wrong_pair_is_named(rows: Any, columns: Any, scores: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        retrieval_from_pairs(rows, columns, scores, [[0], [1]], n_candidates=3)


def bags(rng: np.random.Generator, n: int, most: int) -> list[np.ndarray[Any, Any]]:
    return [rng.integers(-2, 3, (rng.integers(1, most), 4)).astype(np.float32) for _ in range(n)]


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_late_interaction_is_the_sum_of_best_products(similarity: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmbench.metrics.functional import retrieval_inputs

    rng = np.random.default_rng(2)
    queries, candidates = bags(rng, 40, 5), bags(rng, 30, 9)
    candidates[3:6] = [candidates[0], candidates[0][::-1], np.concatenate([candidates[0]] * 2)]  # all score the same

    def unit(x: Any) -> Any:
        norms = np.linalg.norm(x.astype(float), axis=1, keepdims=True)
        return x / np.where(norms > 0, norms, 1) if similarity == "cosine" else x.astype(float)

    table = [[sum(max(float(a @ b) for b in unit(c)) for a in unit(q)) for c in candidates] for q in queries]
    wanted = retrieval_from_scores(np.round(table, 9), POSITIVES, **ALL)
    found = late_interaction_retrieval(queries, candidates, POSITIVES, similarity=similarity, **ALL)
    assert found == pytest.approx(wanted)
    monkeypatch.setattr(retrieval_inputs, "CELLS", 30)  # blocks of a few vectors
    tensors = [torch.from_numpy(q) for q in queries]
    assert late_interaction_retrieval(tensors, candidates, POSITIVES, similarity=similarity, **ALL) == found


def test_a_sample_without_vectors_is_named() -> None:
    with pytest.raises(ValueError, match=r"candidates\[1\] has shape \(0, 2\)"):
        late_interaction_retrieval([np.ones((1, 2))], [np.ones((1, 2)), np.ones((0, 2))], [[0]])
    with pytest.raises(ValueError, match="queries have 3 dimensions and candidates 2"):
        late_interaction_retrieval([np.ones((1, 3))], [np.ones((1, 2))], [[0]])
    with pytest.raises(ValueError, match=r"queries\[0\] holds a value that is not finite"):
        late_interaction_retrieval([np.full((1, 2), np.nan)], [np.ones((1, 2))], [[0]])


def test_folds_rank_among_their_own_and_are_averaged() -> None:
    rng = np.random.default_rng(3)
    queries, candidates, owner = rng.random((24, 5)), rng.random((12, 5)), np.arange(24) // 2
    each = [
        cross_modal_retrieval(queries[8 * i : 8 * i + 8], candidates[4 * i : 4 * i + 4], np.arange(8) // 2)
        for i in range(3)
    ]
    found = retrieval_folds(queries, candidates, owner, folds=3)
    assert found == pytest.approx(
        {key: sum(values[key] for values in each) / (1 if key.startswith("n_") else 3) for key in each[0]}
    )
    moved = rng.permutation(12)
    place = np.argsort(moved)  # where each candidate went
    assert retrieval_folds(
        queries, candidates[moved], place[owner], folds=((owner // 4).tolist(), moved // 4), both_directions=True
    ) == pytest.approx(retrieval_folds(queries, candidates, owner, folds=3, both_directions=True))


def test_folds_that_cannot_be_are_named() -> None:
    x = np.ones((4, 2))
    with pytest.raises(ValueError, match="folds = 3 does not divide 4 queries and 4 candidates"):
        retrieval_folds(x, x, np.arange(4), folds=3)
    with pytest.raises(ValueError, match="positives of query 1 name candidate 2, which is in another fold"):
        retrieval_folds(x, x, [[0], [2], [1], [3]], folds=2)
    with pytest.raises(ValueError, match=r"got shapes \(3,\) and \(4,\)"):
        retrieval_folds(x, x, np.arange(4), folds=([0, 0, 1], [0, 0, 1, 1]))


class _Processes:
    """Threads that exchange objects as processes would."""

    def __init__(self, n: int) -> None:
        self._barrier, self._sent = Barrier(n), [None] * n

    def gather(self, rank: int) -> Any:
        def exchange(value: Any) -> Sequence[Any]:
            self._sent[rank] = value
            self._barrier.wait(30)
            found = list(self._sent)
            self._barrier.wait(30)
            return found

        return exchange


@pytest.mark.parametrize("cuts", [(0, 30), (0, 0, 30), (0, 11, 13, 30)])
@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_a_gallery_in_parts_gives_what_the_whole_gives(cuts: tuple[int, ...], similarity: Any) -> None:
    rng = np.random.default_rng(4)
    queries, candidates = rng.integers(-2, 3, (40, 4)), rng.integers(-2, 3, (30, 4))
    processes = _Processes(len(cuts) - 1)
    found: dict[int, Any] = {}

    def run(rank: int) -> None:
        first, last = cuts[rank : rank + 2]
        found[rank] = sharded_retrieval(
            queries, candidates[first:last], POSITIVES,
            first=first, gather=processes.gather(rank), similarity=similarity, **ALL,
        )  # fmt: skip

    threads = [Thread(target=run, args=(rank,)) for rank in range(len(cuts) - 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = cross_modal_retrieval(queries, candidates, POSITIVES, similarity=similarity, **ALL)
    assert [found[rank] for rank in range(len(threads))] == [wanted] * len(threads)


def test_parts_that_overlap_or_leave_a_gap_are_refused() -> None:
    x = np.ones((4, 2))
    with pytest.raises(ValueError, match="candidates 0 to 3 are in no part or in two"):
        sharded_retrieval(x, x, np.arange(4), first=3)
    assert sharded_retrieval(x, x, np.arange(4), first=0) == cross_modal_retrieval(x, x, np.arange(4))
