"""The random search: equal draws for all methods, and the expected best of k."""

from itertools import product

import numpy as np
import pytest

from mmbench.fusion.search import DROPOUTS, LEARNING_RATES, WEIGHT_DECAYS, draw, expected_best

CHOICES = [{"rank": rank, "heads": heads} for rank in (2, 4, 8) for heads in (1, 2)]


def test_the_common_draws_of_a_trial_are_the_same_for_every_method() -> None:
    for trial in range(20):
        one, other = draw(trial, CHOICES, {}), draw(trial, [{"layers": 1}], {"dropping": {"p": (0.1, 0.2)}})
        assert (one.learning_rate, one.weight_decay, one.dropout) == (
            other.learning_rate,
            other.weight_decay,
            other.dropout,
        )


def test_trial_0_is_the_default_and_others_differ_and_lie_in_the_space() -> None:
    assert dict(draw(0, CHOICES, {}).knobs) == {"rank": 2, "heads": 1}
    found = [draw(trial, CHOICES, {}) for trial in range(1, 200)]
    assert len({config.learning_rate for config in found}) > 150
    assert all(LEARNING_RATES[0] <= config.learning_rate <= LEARNING_RATES[1] for config in found)
    assert all(WEIGHT_DECAYS[0] <= config.weight_decay <= WEIGHT_DECAYS[1] for config in found)
    assert {config.dropout for config in found} == set(DROPOUTS)
    assert {config.knobs["rank"] for config in found} == {2, 4, 8}


def test_a_draw_can_be_repeated() -> None:
    assert draw(7, CHOICES, {"s": {"p": (1, 2, 3)}}) == draw(7, CHOICES, {"s": {"p": (1, 2, 3)}})


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_expected_best_is_the_mean_over_all_draws_with_replacement(higher_is_better: bool) -> None:
    values = [0.3, 0.9, 0.5, 0.5]
    best = max if higher_is_better else min
    wanted = [np.mean([best(draws) for draws in product(values, repeat=k)]) for k in range(1, 5)]
    np.testing.assert_allclose(expected_best(values, higher_is_better=higher_is_better), wanted, rtol=1e-12)
