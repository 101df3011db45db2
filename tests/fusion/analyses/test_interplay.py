"""Who contributes what: Shapley values, perceptual scores and EMAP, on models whose answers are known exactly."""

from collections.abc import Sequence
from importlib import import_module
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from mmbench.fusion.analyses import emap, perceptual, shape, subsets
from mmbench.fusion.analyses.emap import projection
from mmbench.fusion.analyses.perceptual import normalised
from mmbench.fusion.blocks import Floats, Mask
from tests.fusion.analyses.known_models import (
    NAMES,
    THREE,
    Outputs,
    accuracy_judge,
    additive,
    exclusive_or,
    linear_judge,
    make_block,
    random_block,
    signs,
)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_shapley_values_are_mean_gains_over_all_orders_and_add_up(count: int) -> None:
    rng, names = np.random.default_rng(count), NAMES[:count]
    order = [name for size in range(count + 1) for name in _sets(names, size)]
    table = {frozenset(which): float(rng.normal()) for which in order}
    found = shape({"+".join(which): table[frozenset(which)] for which in order}, names)
    for name in names:
        gains = []
        for one in permutations(names):
            before = frozenset(one[: one.index(name)])
            gains.append(table[before | {name}] - table[before])
        assert found.contributions[name] == pytest.approx(np.mean(gains))
    whole, empty = table[frozenset(names)], table[frozenset()]
    assert sum(found.contributions.values()) == pytest.approx(whole - empty)
    assert found.empty == empty
    assert found.cooperation == pytest.approx(whole - empty - sum(table[frozenset({n})] - empty for n in names))


def _sets(names: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [
        tuple(n for n, keep in zip(names, kept, strict=True) if keep)
        for kept in sorted(product((True, False), repeat=len(names)), reverse=True)
        if sum(kept) == size
    ]


def test_pairs_of_three_find_the_two_that_interact() -> None:
    """V = 1 where image and text are both there, and 2 more with the audio."""
    values = {
        "+".join(which): float({"image", "text"} <= set(which)) + 2.0 * ("audio" in which)
        for size in range(4)
        for which in _sets(NAMES[:3], size)
    }
    found = shape(values, NAMES[:3])
    assert found.contributions == pytest.approx({"image": 0.5, "text": 0.5, "audio": 2.0})
    assert found.pairs == pytest.approx({"image+text": 1.0, "image+audio": 0.0, "text+audio": 0.0})
    assert found.cooperation == pytest.approx(1.0)


def test_an_additive_model_has_no_cooperation_under_a_linear_measure() -> None:
    block = random_block(60, 2, 3, 1)
    found = shape(subsets(THREE, block, linear_judge(block)), block.names)
    assert found.cooperation == pytest.approx(0, abs=1e-12)
    assert found.pairs == pytest.approx(dict.fromkeys(found.pairs, 0.0), abs=1e-12)


def test_of_exclusive_or_each_alone_is_at_chance_and_cooperation_is_everything() -> None:
    block = signs()
    values = subsets(exclusive_or, block, accuracy_judge(block))
    assert values == {"": 0.5, "image": 0.5, "text": 0.5, "image+text": 1.0}
    found = shape(values, block.names)
    assert found.cooperation == 0.5 == values["image+text"] - values[""]
    assert found.contributions == {"image": 0.25, "text": 0.25}
    assert found.pairs == {}
    gap = emap(exclusive_or, block, accuracy_judge(block))
    assert (gap.value, gap.projected, gap.gap) == (1.0, 0.5, 0.5)


def test_a_duplicated_modality_has_equal_shares() -> None:
    one = np.random.default_rng(0).normal(size=(50, 1))
    block = make_block(one, one, targets=one[:, 0] > 0)

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        there = np.stack(masks, axis=1)
        mean = np.where(there, np.stack([x[:, 0] for x in inputs], axis=1), 0).sum(axis=1) / np.maximum(there.sum(1), 1)
        return np.stack([np.zeros(len(mean)), mean], axis=1)

    found = shape(subsets(predict, block, accuracy_judge(block)), block.names)
    assert found.contributions["image"] == found.contributions["text"] > 0.2
    assert found.cooperation == pytest.approx(-(1.0 - found.empty))  # each tells all that both do


def test_the_perceptual_score_of_an_ignored_modality_is_0() -> None:
    block = signs()

    def image_only(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        return np.stack([np.zeros(len(inputs[0])), inputs[0][:, 0]], axis=1)

    judged = make_block(*(one.values for one in block.inputs), targets=block.inputs[0].values[:, 0] > 0)
    found = perceptual(image_only, judged, accuracy_judge(judged), repeats=200)
    assert found["text"] == 0
    assert found["image"] == pytest.approx(0.5, abs=0.03)
    assert found == perceptual(image_only, judged, accuracy_judge(judged), repeats=200)
    assert normalised(found, 1.0, 0.5) == pytest.approx({"image": 2 * found["image"], "text": 0.0})
    assert np.isnan(normalised(found, 0.5, 0.5)["image"])


def test_masks_are_permuted_with_their_rows() -> None:
    mask = np.arange(30) % 2 == 0
    block = make_block(mask[:, None] * 1.0, np.ones((30, 1)), masks=[mask, np.ones(30, dtype=np.bool_)])
    orders = set()

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        assert (inputs[0][:, 0] == masks[0]).all()
        orders.add(masks[0].tobytes())
        return inputs[0]

    assert set(perceptual(predict, block, linear_judge(block), repeats=4)) == {"image", "text"}
    assert len(orders) == 1 + 4  # the clean rows, and another order each time
    assert emap(predict, block, linear_judge(block)).n == 30
    with pytest.raises(ValueError, match="one permutation or more"):
        perceptual(predict, block, linear_judge(block), repeats=0)


@pytest.mark.parametrize("count", [2, 3])
def test_the_projection_of_an_additive_model_is_the_model(count: int) -> None:
    block = random_block(23, *(2, 3, 1)[:count])
    model = THREE if count == 3 else additive(lambda x: np.sin(x).sum(-1), lambda x: (x**3).sum(-1))
    outputs, found = projection(model, [one.values for one in block.inputs], [one.mask for one in block.inputs])
    np.testing.assert_allclose(found, outputs, atol=1e-9)
    assert emap(model, block, linear_judge(block)).gap == pytest.approx(0, abs=1e-9)


def test_the_projection_of_two_modalities_is_hessel_and_lees() -> None:
    block = random_block(9, 2, 2)

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        return np.exp(inputs[0].astype(np.float64)) * inputs[1] + inputs[0]

    first, second = (one.values for one in block.inputs)
    table = [[predict([first[[i]], second[[j]]], [])[0] for j in range(9)] for i in range(9)]
    wanted = [
        np.mean([table[i][j] for j in range(9)], axis=0)
        + np.mean([table[j][i] for j in range(9)], axis=0)
        - np.mean([table[j][k] for j in range(9) for k in range(9)], axis=0)
        for i in range(9)
    ]
    np.testing.assert_allclose(projection(predict, [first, second], [np.ones(9, np.bool_)] * 2)[1], wanted)


def test_the_projection_of_three_comes_near_the_expectations_over_all_triples() -> None:
    block = random_block(60, 1, 1, 1)
    a, b, c = (one.values[:, 0].astype(np.float64) for one in block.inputs)

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        x, y, z = (values[:, 0].astype(np.float64) for values in inputs)
        return (x * y + np.tanh(y + z) + x)[:, None]

    cube = a[:, None, None] * b[:, None] + np.tanh(b[:, None] + c) + a[:, None, None]
    wanted = cube.mean(axis=(1, 2)) + cube.mean(axis=(0, 2)) + cube.mean(axis=(0, 1)) - 2 * cube.mean()
    outputs, found = projection(
        predict, [one.values for one in block.inputs], [one.mask for one in block.inputs], seed=1
    )
    assert np.abs(found[:, 0] - wanted).mean() < 0.15 * np.abs(outputs[:, 0] - wanted).mean()
    assert np.corrcoef(found[:, 0], wanted)[0, 1] > 0.99


def test_the_sample_is_seeded_named_to_the_judge_and_given_in_bounded_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    block = random_block(100, 4, 2)
    sizes: list[int] = []

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        sizes.append(len(inputs[0]))
        return inputs[0][:, :1].astype(np.float64) * inputs[1][:, :1]

    def judge(outputs: Outputs, rows: Any = None, /) -> float:
        assert rows is not None
        told.append(rows)
        return float(outputs.mean())

    told: list[Any] = []
    whole = emap(predict, block, judge, rows=40)
    assert (whole.n, whole.draws) == (40, 40)
    assert whole.value == pytest.approx((block.inputs[0].values[:, 0] * block.inputs[1].values[:, 0])[told[0]].mean())
    assert emap(predict, block, judge, rows=400).n == 100
    sizes.clear()
    monkeypatch.setattr(import_module("mmbench.fusion.analyses.emap"), "CELLS", 6 * 100)
    parts = emap(predict, block, judge, rows=40)
    assert max(sizes) <= 100
    assert parts.projected == pytest.approx(whole.projected, abs=1e-12)
    np.testing.assert_array_equal(told[0], told[-1])
    emap(predict, block, judge, rows=40, seed=1)
    assert not np.array_equal(told[0], told[-1])
