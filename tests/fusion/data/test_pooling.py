"""Steps that are averaged down, against plain loops."""

import itertools

import numpy as np
import pytest

from mmbench.fusion.data.pooling import pooled


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7, 11, 12, 100])
def test_long_rows_become_means_of_neighbouring_groups_of_almost_one_size(length: int) -> None:
    rows = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    found, mask, bad = pooled(rows, 6)
    if length <= 6:
        np.testing.assert_array_equal(found, rows)
    else:
        bounds = [length * i // 6 for i in range(7)]
        sizes = {stop - start for start, stop in itertools.pairwise(bounds)}
        assert max(sizes) - min(sizes) <= 1
        wanted = [rows[start:stop].mean(0) for start, stop in itertools.pairwise(bounds)]
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert (found.dtype, mask.tolist(), bad) == (np.dtype(np.float32), [True] * min(length, 6), 0)


def test_steps_that_are_not_finite_are_hidden_and_move_no_mean() -> None:
    rows = np.ones((8, 2), dtype=np.float32)
    rows[1, 0], rows[2, 1], rows[3] = np.nan, np.inf, -np.inf
    rows[4:] = [[2, 2], [4, 4], [6, 6], [8, 8]]
    found, mask, bad = pooled(rows, 8)
    assert mask.tolist() == [True, False, False, False, True, True, True, True]
    assert (found[1:4].tolist(), bad) == ([[0, 0]] * 3, 3)
    found, mask, bad = pooled(rows, 4)
    assert (found.tolist(), mask.tolist(), bad) == ([[1, 1], [0, 0], [3, 3], [7, 7]], [True, False, True, True], 3)


def test_large_numbers_have_a_mean() -> None:
    found, _, _ = pooled(np.full((4, 1), 3e38, dtype=np.float32), 1)
    assert found.tolist() == [[pytest.approx(3e38)]]
