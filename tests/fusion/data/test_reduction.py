"""Standardising and principal components, against the definitions written out."""

import numpy as np
import pytest

from mmbench.fusion.data.reduction import DRAWN, Steps, deviations, reduction_of, weights_of

RNG = np.random.default_rng(0)
VALUES = (RNG.normal(size=(300, 6)) @ RNG.normal(size=(6, 6)) + RNG.normal(size=6)).astype(np.float32)


def steps(values: np.ndarray, weights: list[int] | None = None) -> Steps:
    return Steps(values, np.asarray([1] * len(values) if weights is None else weights, dtype=np.int64))


def test_features_get_mean_zero_and_variance_one() -> None:
    found = reduction_of(steps(VALUES), 6, None)(VALUES)
    np.testing.assert_allclose(
        found, (VALUES - VALUES.mean(0, np.float64)) / VALUES.std(0, dtype=np.float64), atol=1e-9
    )


def test_a_step_counts_as_often_as_it_occurs() -> None:
    weights = RNG.integers(0, 4, len(VALUES))
    repeated = np.repeat(VALUES, weights, axis=0)
    for reduce in (None, 3):
        one = reduction_of(steps(VALUES, weights.tolist()), 6, reduce)
        other = reduction_of(steps(repeated), 6, reduce)
        np.testing.assert_allclose(one(VALUES), other(VALUES), atol=1e-9)
        np.testing.assert_allclose(deviations(one, steps(VALUES, weights.tolist())), one(repeated).std(0), atol=1e-9)


def test_components_are_those_of_the_singular_values_under_one_factor() -> None:
    reduction = reduction_of(steps(VALUES), 6, 3)
    found = reduction(VALUES)
    scaled = (VALUES - VALUES.mean(0, np.float64)) / VALUES.std(0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    wanted = left[:, :3] * singular[:3]
    wanted /= np.sqrt(wanted.var(0).mean())
    np.testing.assert_allclose(np.abs(found), np.abs(wanted), atol=1e-8)
    assert found.var(0).mean() == pytest.approx(1)
    assert reduction.basis is not None
    assert (np.take_along_axis(reduction.basis, np.abs(reduction.basis).argmax(0)[None], 0) > 0).all()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6, 3e37])
def test_a_feature_without_variance_becomes_zero(value: float) -> None:
    values = VALUES.copy()
    values[:, 2] = value
    for reduce in (None, 2):
        reduction = reduction_of(steps(values), 6, reduce)
        moved = values.copy()
        moved[:, 2] += 1
        np.testing.assert_array_equal(reduction(moved), reduction(values))
        assert np.isfinite(reduction(values)).all()


def test_components_beyond_the_rank_become_zero_and_the_width_stays() -> None:
    values = np.outer(np.arange(20.0), [1, 2, 3, 4])
    reduction = reduction_of(steps(values), 4, 3)
    found = reduction(RNG.normal(size=(5, 4)))
    assert found.shape == (5, 3)
    assert (found[:, 1:] == 0).all()
    assert reduction(values).var(0).mean() == pytest.approx(1)


def test_without_steps_everything_is_zero() -> None:
    for reduce, kept in ((None, 6), (2, 2)):
        reduction = reduction_of(steps(VALUES, [0] * 300), 6, reduce)
        assert (reduction(VALUES) == 0).all()
        assert deviations(reduction, steps(VALUES, [0] * 300)).tolist() == [0] * kept


def test_of_many_steps_a_fixed_draw_is_taken() -> None:
    many = steps(np.zeros((DRAWN + 5000, 1)))
    drawn = many.drawn(DRAWN)
    assert (many.total, drawn.total) == (DRAWN + 5000, DRAWN)
    np.testing.assert_array_equal(drawn._used, many.drawn(DRAWN)._used)
    assert len(np.unique(drawn._used)) == DRAWN


def test_weights_count_rows_and_skip_what_is_hidden() -> None:
    starts, mask = np.asarray([0, 2, 2, 5]), np.asarray([True, False, True, True, True])
    found = weights_of(starts, mask, np.asarray([2, -1, 0, 2, 1]))
    assert found.tolist() == [1, 0, 2, 2, 2]
