"""Noise, missing modalities and all analyses together, on models whose answers are known exactly."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mmbench.fusion.analyses import LEVELS, analyse, curves, subsets
from mmbench.fusion.analyses.noise import noised
from mmbench.fusion.blocks import Floats, Mask
from tests.fusion.analyses.known_models import (
    THREE,
    Outputs,
    accuracy_judge,
    additive,
    every_subset_by_hand,
    exclusive_or,
    linear_judge,
    make_block,
    ones,
    random_block,
    signs,
)


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
