"""What is said about a trained model, on models whose answers are known exactly."""

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.fusion.analyses import LEVELS, Judge, analyse, curves, emap, perceptual, shape, subsets
from mmbench.fusion.analyses.emap import projection
from mmbench.fusion.analyses.noise import noised
from mmbench.fusion.analyses.perceptual import normalised
from mmbench.fusion.blocks import Block, Column, Floats, Mask

Outputs = NDArray[Any]
Model = Callable[[Sequence[Floats], Sequence[Mask]], Outputs]
NAMES = ("image", "text", "audio", "vision")


def make_block(*values: Any, targets: Any = None, masks: Any = None) -> Block:
    arrays = [np.asarray(one, dtype=np.float32) for one in values]
    there = masks or [np.ones(one.shape[:-1], dtype=np.bool_) for one in arrays]
    n = len(arrays[0])
    columns = tuple(Column(NAMES[i], arrays[i], there[i]) for i in range(len(arrays)))
    ids = [str(i) for i in range(n)]
    return Block(ids, columns, np.zeros(n) if targets is None else np.asarray(targets), ids)


def random_block(n: int, *dims: int, seed: int = 0) -> Block:
    rng = np.random.default_rng(seed)
    return make_block(*(rng.normal(size=(n, d)) for d in dims), targets=rng.normal(size=n))


def ones(block: Block) -> dict[str, Floats]:
    return {one.name: np.ones(one.values.shape[-1], dtype=np.float32) for one in block.inputs}


def linear_judge(block: Block) -> Judge:
    """The mean of output times target."""

    def judge(outputs: Outputs, rows: Any = None, /) -> float:
        return float((outputs[:, 0] * block.targets[slice(None) if rows is None else rows]).mean())

    return judge


def accuracy_judge(block: Block) -> Judge:
    def judge(outputs: Outputs, rows: Any = None, /) -> float:
        return float((outputs.argmax(axis=1) == block.targets[slice(None) if rows is None else rows]).mean())

    return judge


def additive(*functions: Callable[[NDArray[Any]], NDArray[Any]]) -> Model:
    """A sum of functions of one modality each, 0 where that is masked, in float64."""

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        parts = [
            np.where(mask, function(values.astype(np.float64)), 0.0)
            for function, values, mask in zip(functions, inputs, masks, strict=True)
        ]
        return np.asarray(np.sum(parts, axis=0))[:, None] + 0.7

    return predict


THREE = additive(lambda x: np.sin(x).sum(-1), lambda x: (x**3).sum(-1), lambda x: np.abs(x[:, 0]))


def exclusive_or(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
    """Class scores by the sign of the product of two numbers; class 0 where one is missing."""
    both = inputs[0][:, 0] * inputs[1][:, 0]
    return np.stack([np.zeros(len(both)), both], axis=1)


def signs() -> Block:
    values = np.array([-1.0, 1.0] * 20)[:, None], np.repeat([-1.0, 1.0], 20)[:, None]
    return make_block(*values, targets=(values[0] * values[1] > 0)[:, 0].astype(int))


def every_subset_by_hand(predict: Model, block: Block, judge: Judge) -> dict[frozenset[str], float]:
    found = {}
    for kept in product((False, True), repeat=len(block.inputs)):
        masks = [one.mask & keep for one, keep in zip(block.inputs, kept, strict=True)]
        name = frozenset(name for name, keep in zip(block.names, kept, strict=True) if keep)
        found[name] = judge(predict([one.values for one in block.inputs], masks))
    return found


def test_noise_at_level_0_is_the_clean_value_and_the_rest_is_scaled_from_one_draw() -> None:
    block = random_block(50, 3, 2)
    seen: list[list[Floats]] = []

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        seen.append([values.copy() for values in inputs])
        return np.asarray(inputs[0].sum(axis=1, keepdims=True))

    deviations: dict[str, Any] = {"image": np.array([1.0, 2.0, 0.0]), "text": np.array([0.5, 3.0])}
    judge = linear_judge(block)
    found = curves(predict, block, judge, deviations, levels=(0, 1, 2))
    assert set(found) == {"image", "text", "joint"}
    clean = judge(block.inputs[0].values.sum(axis=1, keepdims=True))
    assert {curve[0] for curve in found.values()} == {clean}
    assert found["text"] == [clean] * 3  # which the model does not look at
    assert found["image"] == found["joint"]
    original, image1, image2, text1, _, joint1, _ = seen
    moved = image1[0] - original[0]
    np.testing.assert_allclose(image2[0] - original[0], 2 * moved, rtol=1e-4, atol=1e-6)
    assert (moved[:, 2] == 0).all()
    np.testing.assert_array_equal(joint1[0], image1[0])
    np.testing.assert_array_equal(joint1[1], text1[1])
    np.testing.assert_array_equal(image1[1], original[1])


def test_noise_has_the_deviations_given_and_is_the_same_for_every_model() -> None:
    block = random_block(4000, 2, 2)
    seen: list[Floats] = []

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        seen.append(inputs[1] - block.inputs[1].values)
        return np.zeros((len(inputs[0]), 1))

    deviations: dict[str, Any] = {"image": np.ones(2), "text": np.array([0.5, 3.0])}
    for seed in (0, 0, 1):
        curves(predict, block, linear_judge(block), deviations, levels=(0, 4), seed=seed)
    first, again, other = (np.asarray(seen[4 * i + 2]) for i in range(3))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_allclose(first.std(axis=0), [2.0, 12.0], rtol=0.05)
    assert abs(np.corrcoef(first[:, 0], first[:, 1])[0, 1]) < 0.05
    assert abs(np.corrcoef(first[:, 0], other[:, 0])[0, 1]) < 0.05


def test_every_modality_has_noise_of_its_own() -> None:
    values, mask = np.zeros((500, 2), dtype=np.float32), np.ones(500, dtype=np.bool_)
    image, text = (noised(values, mask, np.ones(2, dtype=np.float32), 0, name) for name in ("image", "text"))
    assert abs(np.corrcoef(image.ravel(), text.ravel())[0, 1]) < 0.1


def test_noise_leaves_alone_what_a_mask_hides() -> None:
    values = np.zeros((2, 3, 2), dtype=np.float32)
    mask = np.array([[True, False, True], [False, False, False]])
    found = noised(values, mask, np.ones(2, dtype=np.float32), 0, "text")
    assert (found[mask] != 0).all()
    assert (found[~mask] == 0).all()


def test_wrong_noise_is_refused() -> None:
    block = random_block(5, 3, 2)
    with pytest.raises(ValueError, match="0 or more"):
        curves(THREE, block, linear_judge(block), ones(block), levels=(0, -1))
    for wrong in ([1.0], [1.0, np.nan], [1.0, -1.0]):
        with pytest.raises(ValueError, match="deviations of 'text' must be 2 finite numbers"):
            curves(THREE, block, linear_judge(block), ones(block) | {"text": np.array(wrong)})


def test_subsets_are_values_under_masks() -> None:
    block = random_block(30, 2, 3, 1)
    found = subsets(THREE, block, linear_judge(block))
    by_hand = every_subset_by_hand(THREE, block, linear_judge(block))
    names = ["", "image", "text", "audio", "image+text", "image+audio", "text+audio", "image+text+audio"]
    assert list(found) == names
    assert found == pytest.approx({name: by_hand[frozenset(filter(None, name.split("+")))] for name in names})


def test_a_missing_modality_is_masked_and_zero() -> None:
    block = random_block(10, 2, 3)
    seen: list[tuple[bool, ...]] = []

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        seen.append(tuple(bool(mask.all()) for mask in masks))
        for values, mask, column in zip(inputs, masks, block.inputs, strict=True):
            assert mask.all() or not mask.any()
            np.testing.assert_array_equal(values, column.values if mask.all() else np.zeros_like(values))
        return np.zeros((10, 1))

    subsets(predict, block, linear_judge(block))
    assert seen == [(False, False), (True, False), (False, True), (True, True)]


def test_no_model_is_given_what_a_mask_hides() -> None:
    mask = np.arange(30) % 3 != 0
    hidden = np.where(mask[:, None], np.random.default_rng(0).normal(size=(30, 2)), np.nan)
    block = make_block(hidden, np.ones((30, 1)), targets=np.ones(30), masks=[mask, np.ones(30, dtype=np.bool_)])

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        assert (inputs[0][~masks[0]] == 0).all()
        return inputs[0] + inputs[1]

    assert "None" not in str(analyse(predict, block, linear_judge(block), deviations=ones(block), chance=0.0))


def test_what_a_mask_hides_may_be_nan() -> None:
    block = random_block(40, 2, 3, 1)
    masks = [np.arange(40) % 3 != i for i in range(3)]
    hidden = make_block(
        *(np.where(mask[:, None], one.values, np.nan) for one, mask in zip(block.inputs, masks, strict=True)),
        targets=block.targets,
        masks=masks,
    )
    zeros = make_block(
        *(np.where(mask[:, None], one.values, 0.0) for one, mask in zip(block.inputs, masks, strict=True)),
        targets=block.targets,
        masks=masks,
    )
    found, wanted = (
        analyse(THREE, one, linear_judge(one), deviations=ones(one), chance=0.0) for one in (hidden, zeros)
    )
    assert found == wanted
    assert "None" not in str(found)


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


def test_sequences_are_analysed_with_their_steps() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(5) < rng.integers(1, 6, 20)[:, None]
    block = make_block(
        np.where(steps[..., None], rng.normal(size=(20, 5, 2)), np.nan), rng.normal(size=(20, 3)),
        targets=rng.normal(size=20), masks=[steps, np.ones(20, np.bool_)],
    )  # fmt: skip

    def predict(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        total = np.where(masks[0][..., None], inputs[0], 0).sum(axis=(1, 2)).astype(np.float64)
        return np.asarray(total + np.where(masks[1], inputs[1][:, 0], 0))[:, None]

    found = analyse(predict, block, linear_judge(block), deviations=ones(block), chance=0.0)
    assert found["emap"]["gap"] == pytest.approx(0, abs=1e-6)
    assert found["shape"]["cooperation"] == pytest.approx(0, abs=1e-6)
    assert found["perceptual"]["image"] != 0


def test_all_analyses_are_one_json_object() -> None:
    block = signs()
    found = analyse(exclusive_or, block, accuracy_judge(block), deviations=ones(block), chance=0.5)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {"noise", "subsets", "shape", "perceptual", "emap"}
    assert found["noise"]["levels"] == list(LEVELS)
    assert {name: curve[0] for name, curve in found["noise"]["curves"].items()} == {"image": 1, "text": 1, "joint": 1}
    assert found["subsets"] == {"": 0.5, "image": 0.5, "text": 0.5, "image+text": 1.0}
    assert found["shape"] == {
        "contributions": {"image": 0.25, "text": 0.25}, "cooperation": 0.5, "empty": 0.5, "pairs": {}
    }  # fmt: skip
    assert found["emap"] == {"value": 1.0, "projected": 0.5, "gap": 0.5, "n": 40, "draws": 40}


def test_a_measure_without_a_value_of_constant_outputs_counts_as_chance_and_outputs_that_are_no_numbers_do_not() -> (
    None
):
    block = random_block(40, 1, 1)

    def correlation(outputs: Outputs, rows: Any = None, /) -> float:
        targets = block.targets[slice(None) if rows is None else rows]
        if not np.isfinite(outputs).all() or np.ptp(outputs) == 0:
            return float("nan")
        return float(np.corrcoef(outputs[:, 0], targets)[0, 1])

    def broken(inputs: Sequence[Floats], masks: Sequence[Mask]) -> Outputs:
        return np.full((len(inputs[0]), 1), np.nan)

    text_only = additive(lambda x: 0 * x[:, 0], lambda x: x[:, 0])
    found = analyse(text_only, block, correlation, deviations=ones(block), chance=0.0)
    assert found["subsets"][""] == found["subsets"]["image"] == 0.0
    assert found["shape"]["contributions"]["text"] == pytest.approx(found["subsets"]["text"])
    lost = analyse(broken, block, correlation, deviations=ones(block), chance=0.0)
    assert lost["subsets"]["image"] is None
    assert lost["noise"]["curves"]["joint"] == [None] * len(LEVELS)
