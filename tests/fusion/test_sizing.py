"""A budget is met to within five percent by every method, or it is said what can be had."""

from itertools import product
from typing import Any

import pytest
import torch
from torch import nn

from mmbench.errors import UserError
from mmbench.fusion.attention import inner, layer_parameters
from mmbench.fusion.base import Fusion
from mmbench.fusion.methods.tfn import reduced
from mmbench.fusion.network import network, trained_parameters
from mmbench.fusion.registry import all_fusions, get_fusion
from mmbench.fusion.sizing import Size, choices, sized, total

SIZES = [(64, 64), (16, 16), (64, 5, 20), (300, 81, 371), (768, 5, 20), (32, 16, 8, 24)]
every = pytest.mark.parametrize("fusion", all_fusions(), ids=lambda fusion: fusion.name)


def fixed(formula: Any, **options: Any) -> Fusion:
    """A method that is a formula only."""
    given = {"name": "made-up", "title": "", "paper": "", "equation": "", "formula": "", "make": nn.Linear}
    return Fusion(**{**given, "parameters": formula, **options})


@every
@pytest.mark.parametrize("budget", [25_000, 50_000, 100_000, 500_000])
@pytest.mark.parametrize("dims", SIZES, ids=str)
def test_a_network_has_the_budget(fusion: Fusion, dims: tuple[int, ...], budget: int) -> None:
    for outputs in (1, 13):
        size = sized(fusion, dims, outputs, budget)
        assert abs(size.parameters - budget) <= 0.05 * budget
        assert trained_parameters(network(fusion, dims, outputs, size.width)) == size.parameters


@every
@pytest.mark.parametrize("dims", SIZES, ids=str)
def test_counts_grow_with_the_width(fusion: Fusion, dims: tuple[int, ...]) -> None:
    for values in product(*fusion.knobs.values()):
        knobs = dict(zip(fusion.knobs, values, strict=True))
        found = [total(fusion, dims, 2, width, knobs) for width in range(1, 150)]
        assert found == sorted(set(found))


@every
def test_the_nearest_width_is_taken(fusion: Fusion) -> None:
    size = sized(fusion, (16, 12), 3, 10_000, tolerance=0.5)
    others = range(fusion.multiple, 2 * size.width + 2, fusion.multiple)
    assert size == min(
        (Size(width, total(fusion, (16, 12), 3, width)) for width in others),
        key=lambda one: abs(one.parameters - 10_000),
    )


def test_the_head_is_counted_and_a_method_that_decides_has_none() -> None:
    assert total(fixed(lambda dims, width: 10 * width), (2, 2), 3, 4) == 40 + 4 * 3 + 3
    assert total(fixed(lambda dims, width, outputs: width + outputs, decides=True), (2, 2), 3, 4) == 7


def test_widths_are_multiples() -> None:
    assert sized(fixed(lambda dims, width: 10 * width, multiple=8), (2, 2), 1, 1_000).width == 88


def test_a_budget_too_small_is_said_with_what_is_needed() -> None:
    with pytest.raises(
        UserError, match=r"^concat needs at least 759 parameters .*300, 81, 371 .* the budget is 500: choose a larger"
    ):
        sized(get_fusion("concat"), (300, 81, 371), 3, 500)


def test_a_budget_between_two_widths_is_said_with_both_and_the_knobs() -> None:
    with pytest.raises(
        UserError, match=r"mfb cannot .*within 5% of 5,500 .*3,777 and 7,553\): .* factor=5 \(factor of 2, 5\)"
    ):
        sized(get_fusion("mfb"), (300, 81, 371), 1, 5_500, knobs={"factor": 5})


def test_a_small_tolerance_is_kept() -> None:
    with pytest.raises(UserError, match="within 0% of 50,001"):
        sized(get_fusion("concat"), (16, 16), 2, 50_001, tolerance=0)


def test_choices_are_the_knobs_that_fit() -> None:
    found = choices(get_fusion("mfb"), (300, 81, 371), 1, 25_000)
    assert [knobs for knobs, _ in found] == [{"factor": 2}]
    assert found[0][1] == sized(get_fusion("mfb"), (300, 81, 371), 1, 25_000, knobs={"factor": 2})
    assert [knobs for knobs, _ in choices(get_fusion("mlb"), (16, 16), 1, 25_000)] == [{}]
    with pytest.raises(UserError, match="lmf needs at least"):
        choices(get_fusion("lmf"), (300, 81, 371), 1, 1_000)


def test_a_strangers_module_is_counted() -> None:
    plain = get_fusion("tests.fusion.strangers:Plain")
    size = sized(plain, (16, 12), 3, 25_000)
    assert size == Size(806, 806 * 28 + 806 * 3 + 3)  # its bias is not trained
    full = get_fusion("tests.fusion.strangers:Full")
    size = sized(full, (16, 12), 3, 25_000, knobs={"depth": 2})
    assert trained_parameters(network(full, (16, 12), 3, size.width, knobs={"depth": 2})) == size.parameters
    assert abs(size.parameters - 25_000) <= 1_250


def test_a_strangers_module_that_looks_at_its_numbers_is_counted_too() -> None:
    assert sized(get_fusion("tests.fusion.strangers:Looking"), (4, 4), 1, 1_000) == Size(100, 1_001)


def test_a_strangers_module_that_does_not_grow_is_refused() -> None:
    fusion = get_fusion("tests.fusion.strangers:Fixed")
    decides = fixed(lambda dims, width, outputs: fusion.parameters(dims, width), decides=True)
    with pytest.raises(UserError, match=r"cannot be brought to within 5% of 5,000 .*it can have: 29\)"):
        sized(decides, (16, 12), 3, 5_000)


def test_the_outer_product_is_kept_within_its_bound() -> None:
    assert reduced((64, 64), 256) == [15, 15]
    assert reduced((64, 5, 20), 256) == [6, 5, 5]
    assert reduced((300, 2, 371), 256) == [8, 2, 8]
    assert reduced((3, 3), 256) == [3, 3]
    assert reduced((9, 9, 9, 9), 16) == [1, 1, 1, 1]


def test_hidden_layers_take_what_the_multiple_of_the_heads_leaves() -> None:
    for heads, width in product((2, 4), range(16, 200)):
        size, hidden = inner(width, heads, layer_parameters)
        wanted = layer_parameters(width / 4, width / 2)
        assert size % heads == 0
        assert layer_parameters(size, hidden) <= wanted < layer_parameters(size, hidden + 1)


@every
def test_the_same_seed_gives_the_same_weights(fusion: Fusion) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(network(fusion, (5, 4), 3, 24, dropout=0.1).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
