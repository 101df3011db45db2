"""Ranking by counting: neither blocks, strips, library, precision of the product nor the way of counting shows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mmbench.metrics import _ranking_sweep
from mmbench.metrics._ranking import make_side
from mmbench.metrics._ranking_sweep import count_embeddings
from mmbench.metrics.functional import cross_modal_retrieval, retrieval_metric
from tests.metrics.ranking_reference import K, Matrix, expected_by_hand, flip


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_few_ties_and_near_ties_among_many_are_told_apart(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of a candidate tie with it; one that differs by a ten-millionth, within float32 rounding, does not."""
    rng = np.random.default_rng(12)
    queries, candidates = rng.standard_normal((300, 20)), rng.standard_normal((200, 20))
    candidates[:8] = candidates[8:16]
    candidates[16:24] = candidates[24:32] * (1 + 1e-7 * rng.standard_normal((8, 20)))
    owner = np.arange(300) % 40
    if library == "torch":  # as on a device: there is none to test on
        monkeypatch.setattr("mmbench.metrics.functional.retrieval.on_device", lambda x: True)
        monkeypatch.setattr("mmbench.metrics._inputs.on_device", lambda x: isinstance(x, torch.Tensor))
    wrap = torch.from_numpy if library == "torch" else np.asarray
    found = cross_modal_retrieval(wrap(queries), wrap(candidates), owner, k=K, similarity="dot", both_directions=True)
    scores = np.array([[float(np.dot(query, other)) for other in candidates] for query in queries])
    positives = [[int(i)] for i in owner]
    for prefix, table, right in (("forward", scores, positives), ("backward", scores.T, flip(positives, 200))):
        wanted = expected_by_hand(table.tolist(), right, "expected")
        assert {key: found[f"{prefix}/{key}"] for key in wanted} == pytest.approx(wanted)
    assert found["forward/n_tied"] == sum(owner < 16)


@pytest.mark.parametrize("flipped", [False, True])
def test_ranks_equal_sorting_across_blocks_strips_and_byte_lanes(flipped: bool) -> None:
    """More columns than 255 eight-byte words, several strips and tiles, the best and worst candidate as positives."""
    rng = np.random.default_rng(2)
    queries, candidates = rng.standard_normal((300, 6)), rng.standard_normal((2300, 6))
    if flipped:
        queries, candidates = candidates, queries
    order = np.argsort(-(queries @ candidates.T), axis=1)
    place = np.arange(len(queries)) * 7 % len(candidates)
    place[:2] = 0, len(candidates) - 1
    positives = order[np.arange(len(queries)), place]
    for block in (None, 100):
        arrays = retrieval_metric().per_sample(queries, candidates, positives, similarity="dot", block_size=block)
        np.testing.assert_array_equal(arrays["rank"], place + 1)
    from_scores = retrieval_metric(inputs="scores").per_sample(queries @ candidates.T, positives)
    np.testing.assert_array_equal(from_scores["rank"], place + 1)


class _Coarse:
    """A backend whose products are as coarse as bfloat16, as TF32's nearly are."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def load(self, x: Any, rows: slice, scale: NDArray[np.float64]) -> Any:
        block = self._inner.load(x, rows, scale)
        return (block.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


@pytest.mark.parametrize("kind", ["normal", "grid", "constant"])
@pytest.mark.parametrize("levels", [0, 1, 16])
def test_counts_do_not_depend_on_library_block_precision_or_way_of_counting(
    kind: str, levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every group of up to five positives per query; with few ``levels`` lines are sorted instead of compared."""
    from mmbench.metrics._positives import positive_pairs
    from mmbench.metrics._ranking_numpy import NumpyBackend
    from mmbench.metrics._ranking_torch import TorchBackend

    rng = np.random.default_rng(9)
    normal = rng.standard_normal((240, 24)).astype(np.float32)
    x = {"normal": normal, "grid": np.sign(normal), "constant": np.full_like(normal, 0.1)}[kind]
    queries, candidates = x[:150], x[150:]
    failed = np.arange(90) == 4
    pairs = positive_pairs([sorted({(i * step + 1) % 90 for step in range(i % 6)}) for i in range(150)], 150, 90)

    def counts(backend: Any, wrap: Callable[[Matrix], Any], block: int | None) -> list[list[int]]:
        left, right = (
            make_side(wrap(x), backend, "cosine", dead, "x") for x, dead in ((queries, None), (candidates, failed))
        )
        found = count_embeddings(left, right, pairs, backend, both=True, every=True, block_size=block)
        return [part.tolist() for one in found if one is not None for part in (one.greater, one.tied, one.groups.size)]

    wanted = counts(NumpyBackend(), np.asarray, None)
    monkeypatch.setattr(_ranking_sweep, "LEVELS", levels)
    assert counts(NumpyBackend(), np.asarray, 7) == wanted
    assert counts(_Coarse(NumpyBackend()), np.asarray, 64) == wanted
    for block in (None, 11):
        assert counts(TorchBackend(), torch.from_numpy, block) == wanted


def test_memory_is_one_block() -> None:
    import tracemalloc

    x = np.random.default_rng(11).standard_normal((4000, 8)).astype(np.float32)
    tracemalloc.start()
    cross_modal_retrieval(x, x, np.arange(4000), both_directions=True, block_size=64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6  # the score matrix alone would be 64e6
