"""The shortcut probe and the majority: what they look up, what they fall back on, and how facts are chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.fusion.blocks import Block, Problem
from mmbench.fusion.data.problems import value
from mmbench.fusion.data.reading import fusion_data
from mmbench.fusion.data.shortcuts import majority, shortcut
from mmbench.models import LoadedModel
from mmbench.tasks import get_task
from tests.fusion.small_tasks import encoder

THREE = Problem(("a", "b", "c"), "accuracy")
NUMBER = Problem((), "mae", "cmu")


def block(targets: Sequence[float], facts: Mapping[str, Sequence[str]], dtype: Any = np.int64) -> Block:
    ids = [str(i) for i in range(len(targets))]
    return Block(ids, (), np.asarray(targets, dtype=dtype), ids, facts)


def test_the_majority_is_the_same_for_all() -> None:
    found = majority(THREE, np.asarray([2, 2, 1, 0]), 3)
    assert (str(found.dtype), found.tolist()) == ("float32", [[0.25, 0.25, 0.5]] * 3)
    assert majority(NUMBER, np.asarray([1, 2, 2.5], np.float32), 2)[:, 0].tolist() == pytest.approx([11 / 6] * 2)


def test_a_lookup_gives_the_majority_of_each_value_and_falls_back() -> None:
    train = block([0, 0, 1, 2, 2, 2, 1, 0, 2], {"speaker": list("xxxyyyzzw")})
    valid = block([0, 2], {"speaker": list("xy")})
    test = block([0, 2, 1, 1], {"speaker": ["x", "y", "z", "new"]})
    found = shortcut(THREE, train, valid, test)
    # z has one of b and one of a: what is more frequent in all of train decides; new: the majority of all
    assert found.outputs["test"].argmax(1).tolist() == [0, 2, 0, 2]
    assert (found.facts, found.valid, found.known) == (("speaker",), 1.0, 0.75)
    np.testing.assert_allclose(found.outputs["test"].sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(found.outputs["test"][3], [3 / 9, 2 / 9, 4 / 9], rtol=1e-6)


def test_facts_are_chosen_on_valid_and_the_fewest_of_equal_ones() -> None:
    good, bad = [0, 1, 0, 1], [0, 0, 1, 1]
    names = {"noise": list("ppqq"), "show": list("abab"), "other": list("cdcd")}
    train, valid = block(good, names), block(good, names)
    assert shortcut(THREE, train, valid, valid).facts == ("show",)
    odd = block(bad, {"noise": list("abab"), "show": list("xxyy")})  # on valid, each alone misleads and both are right
    both = block([0, 1, 1, 0], {"noise": list("aabb"), "show": list("xyxy")})
    found = shortcut(THREE, both, both, odd)
    assert found.facts == ("noise", "show")
    assert found.outputs["test"].argmax(1).tolist() == [0, 1, 1, 0]


def test_without_a_fact_that_helps_it_is_the_majority() -> None:
    train = block([0, 0, 0, 1], {"show": list("aabb")})
    valid = block([0, 0], {"show": list("ab")})
    found = shortcut(THREE, train, valid, valid)
    assert (found.facts, found.known) == ((), 1.0)
    np.testing.assert_array_equal(found.outputs["valid"], majority(THREE, train.targets, 2))
    assert shortcut(THREE, block([0, 1], {}), block([0], {}), block([0], {})).facts == ()


def test_numbers_are_looked_up_as_means() -> None:
    facts = {"speaker": list("xxyy")}
    train = block([1, 2, -1, -3], facts, np.float32)
    found = shortcut(NUMBER, train, train, block([0] * 3, {"speaker": list("xyn")}, np.float32))
    assert found.outputs["test"][:, 0].tolist() == [1.5, -2, -0.25]
    assert (found.facts, found.valid) == (("speaker",), 0.75)
    corr = Problem((), "corr", "cmu")
    assert shortcut(corr, train, train, train).facts == ("speaker",)  # a constant has no correlation, and never wins


@pytest.mark.demo
def test_two_thirds_of_easy_vqa_are_answered_by_the_question_alone(tmp_path: Path) -> None:
    class Nothing:
        def embed(self, samples: Sequence[Any], **how: Any) -> Any:
            return np.asarray([[float(len(sample.content))] for sample in samples])

    model: LoadedModel = encoder(Nothing())
    data = fusion_data(
        get_task("easy-vqa.open"),
        folder=tmp_path,
        encoders={"image": model, "text": model},
        batch_size=512,
        progress=False,
    )
    train, valid, test = (data.block("all", split) for split in ("train", "valid", "test"))
    found = shortcut(data.problem, train, valid, test)
    assert (len(train), len(valid), len(test), found.facts) == (34893, 3682, 9673, ("text",))
    assert value(data.problem, found.outputs["test"], test.targets) == pytest.approx(0.67, abs=0.001)
    constant = value(data.problem, majority(data.problem, train.targets, len(test)), test.targets)
    assert constant == pytest.approx(0.37, abs=0.01)
