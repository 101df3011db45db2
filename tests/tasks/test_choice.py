"""Compositional choice: where the right caption stands makes no difference, ties are chance, and each content is embedded once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks.base import Output
from mmbench.tasks.kinds.choice import ChoiceTask, choice_task

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
TASK = choice_task("fake", "Fake")
SQUARE = choice_task("fake", "Fake", square=True)


def example(number: int, picture: MediaPart, options: tuple[str, ...], right: str, **facts: Any) -> Sample:
    return Sample(f"s{number}", (picture,), options, right, **facts)


@pytest.fixture
def rows(picture: Make) -> list[Sample]:
    return [
        example(0, picture(0), ("a b", "b a"), "a b", group="g"),
        example(1, picture(0), ("c d", "d c", "a b"), "d c", group="g"),
        example(2, picture(1), ("b a", "a b"), "a b"),
    ]


def values(task: ChoiceTask, splits: dict[str, PairedDataset], **outputs: Output) -> tuple[Any, dict[str, float]]:
    plan = task.plan(splits.__getitem__, ask="score_pairs" if "pairs" in outputs else "embed")
    found = plan.score(outputs)
    return found, task.metric.aggregate(found.arrays)


def test_each_picture_and_caption_is_embedded_once(rows: list[Sample], open_rows: Open) -> None:
    plan = TASK.plan(open_rows({"test": rows}).__getitem__)
    pictures, captions = plan.stages
    assert list(pictures.ids) == ["s0", "s2"]
    assert [item.text for item in captions.items] == ["a b", "b a", "c d", "d c"]  # type: ignore[union-attr]
    assert {item.options for stage in plan.stages for item in stage.items} == {()}  # type: ignore[union-attr]
    assert plan.floors["accuracy"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    assert plan.ceilings["accuracy"] == 1.0
    assert plan.notes == {"pictures": 2, "captions": 4}


def test_where_the_right_caption_stands_makes_no_difference(rows: list[Sample], open_rows: Open) -> None:
    pictures, captions = np.eye(3)[[0, 1]], np.asarray([[0.5, 1, 0], [0.6, 0, 0], [0, 0, 1], [1, 0, 0]])
    flipped = [Sample(row.id, row.content, row.options[::-1], row.target, row.group) for row in rows]
    found = []
    for version in (rows, flipped):
        splits = open_rows({"test": version})
        texts = [item.text for item in TASK.plan(splits.__getitem__).stages[1].items]  # type: ignore[union-attr]
        vectors = captions[[["a b", "b a", "c d", "d c"].index(text) for text in texts]]
        found.append(values(TASK, splits, pictures=Output(pictures, {}), captions=Output(vectors, {}))[0])
    assert found[0].arrays["accuracy"].tolist() == found[1].arrays["accuracy"].tolist() == [0.0, 1.0, 1.0]
    assert found[0].shown["chosen"] == found[1].shown["chosen"] == ["b a", "d c", "a b"]


@pytest.mark.parametrize("width", [1, 5, 512])
def test_vectors_that_are_all_the_same_get_exactly_chance(width: int, rows: list[Sample], open_rows: Open) -> None:
    vector = np.random.default_rng(width).normal(size=width)
    same = [Output(np.tile(vector, (n, 1)), {}) for n in (2, 4)]
    splits = open_rows({"test": rows})
    found = values(TASK, splits, pictures=same[0], captions=same[1])[1]
    assert found["accuracy"] == pytest.approx(4 / 9, abs=1e-12)
    assert values(TASK, splits, pairs=Output(np.zeros((7, 1)), {}))[1] == pytest.approx(found)


def test_pair_scores_are_asked_for_every_pair_of_a_sample(rows: list[Sample], open_rows: Open) -> None:
    splits = open_rows({"test": rows})
    (stage,) = TASK.plan(splits.__getitem__, ask="score_pairs").stages
    assert list(stage.ids) == ["s0/0", "s0/1", "s1/0", "s1/1", "s1/2", "s2/0", "s2/1"]
    left, right = stage.items[3]  # type: ignore[misc]
    assert (left.modalities, right.text) == ({Modality.IMAGE}, "d c")
    scores = np.asarray([[2.0], [1.0], [0.0], [1.0], [2.0], [1.0], [1.0]])
    found, _ = values(TASK, splits, pairs=Output(scores, {}))
    assert found.arrays["accuracy"].tolist() == [1.0, 0.0, 0.5]


def test_what_failed_is_wrong_and_named(rows: list[Sample], open_rows: Open) -> None:
    splits = open_rows({"test": rows})
    pictures, captions = np.eye(4)[[0, 0]], np.eye(4)[[0, 1, 1, 0]]
    pictures[1] = np.nan
    found, result = values(
        TASK, splits, pictures=Output(pictures, {"s2": "not a picture"}), captions=Output(captions, {})
    )
    assert found.errors == {"s2": "not a picture"}
    assert found.arrays["accuracy"].tolist() == [1.0, 0.5, 0.0]
    broken = Output(np.where(np.arange(4)[:, None] == 3, np.nan, captions), {"caption-3": "too long"})
    found, _ = values(TASK, splits, pictures=Output(np.eye(4)[[0, 0]], {}), captions=broken)
    assert found.errors == {"s1": "too long"}
    assert found.arrays["accuracy"].tolist() == [1.0, 0.0, 1.0]
    assert result["accuracy"] == 0.5


def test_two_equal_options_are_one_chance_each(picture: Make, open_rows: Open) -> None:
    splits = open_rows({"test": [example(0, picture(0), ("a", "a", "b"), "a")]})
    plan = TASK.plan(splits.__getitem__)
    assert plan.ceilings["accuracy"] == 0.5
    assert plan.floors["accuracy"] == pytest.approx(1 / 3)


def test_a_caption_that_is_right_here_and_wrong_there_bounds_the_best(picture: Make, open_rows: Open) -> None:
    rows = [example(i, picture(0), ("x y", "y x"), right) for i, right in enumerate(("x y", "y x", "x y", "x y"))]
    rows.append(example(4, picture(1), ("x y", "y  x"), "x y"))
    plain = TASK.bounds(open_rows({"test": rows}).__getitem__, lambda print_: print_)
    assert plain.best["accuracy"] == pytest.approx(4 / 5)
    assert plain.limited == 4
    same = {TextPart("y  x").fingerprint: TextPart("y x").fingerprint}
    assert TASK.bounds(open_rows({"test": rows}).__getitem__, lambda print_: same.get(print_, print_)).n == 5


def test_the_mean_over_groups_weighs_each_relation_the_same(picture: Make, open_rows: Open) -> None:
    task = choice_task("fake", "Fake", group_by="relation")
    names = ("on", "on", "on", "eating")
    rows = [
        example(i, picture(i), ("a", "b"), "a", group=f"g{i // 2}", meta={"relation": name})
        for i, name in enumerate(names)
    ]
    scores = np.asarray([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=float).reshape(-1, 1)
    _, found = values(task, open_rows({"test": rows}), pairs=Output(scores, {}))
    assert (found["accuracy"], found["group_accuracy"]) == (0.75, 0.5)


def test_a_right_caption_that_is_no_option_is_said(picture: Make, open_rows: Open) -> None:
    splits = open_rows({"test": [example(0, picture(0), ("a", "b"), "c")]})
    with pytest.raises(ValueError, match="the right caption of 's0' is none of its options"):
        TASK.plan(splits.__getitem__)


def test_winoground_is_strict(picture: Make, open_rows: Open) -> None:
    rows = [
        Sample(f"w{i}", (picture(2 * i), picture(2 * i + 1), TextPart(f"{i} one two"), TextPart(f"{i} two one")))
        for i in range(3)
    ]
    splits = open_rows({"test": rows})
    plan = SQUARE.plan(splits.__getitem__)
    assert list(plan.stages[0].ids) == ["w0", "w0#1", "w1", "w1#1", "w2", "w2#1"]
    assert plan.floors == {"text": 0.25, "image": 0.25, "group": pytest.approx(1 / 6)}
    # pairs are picture by picture: (0, caption 0), (0, caption 1), (1, caption 0), (1, caption 1)
    scores = np.asarray([[1, 0, 0, 1], [2, 1, 3, 4], [1, 1, 0, 2]], dtype=float).reshape(-1, 1)
    found, result = values(SQUARE, splits, pairs=Output(scores, {}))
    assert found.arrays["text"].tolist() == [1, 1, 0]  # the third says the same of both captions of its first picture
    assert found.arrays["image"].tolist() == [1, 0, 1]
    assert result["group"] == pytest.approx(1 / 3)
    found, _ = values(SQUARE, splits, pairs=Output(np.where(scores == 4, np.nan, scores), {"w1/3": "broken"}))
    assert (found.arrays["text"][1], found.errors) == (0, {"w1": "broken"})
