"""Zero-shot classification: classes by name or number, prompts as an ensemble, ties as chance, failures, and models that predict."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.zero_shot import ensemble_prompts
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks import get_task
from mmbench.tasks.base import Output
from mmbench.tasks.classes import FOLDER, read_classes
from mmbench.tasks.kinds.zero_shot import Templates, ZeroShotTask, zero_shot_task
from mmbench.tasks.labels import Labels, cosines, snapped

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
TASK = zero_shot_task("fake", "Fake", Templates("t-1", ("a {}.", "the {}.")), labels=Labels("stl10"))
NAMES = read_classes("stl10").names
RNG = np.random.default_rng(0)


@pytest.fixture
def splits(picture: Callable[..., MediaPart], open_rows: Open) -> dict[str, PairedDataset]:
    labels = ["airplane", "bird", "car", 3, "Deer", "dog"]  # a number is the number of a class
    return open_rows({"test": [Sample(f"s{i}", (picture(i),), target=label) for i, label in enumerate(labels)]})


def scored(task: ZeroShotTask, splits: dict[str, PairedDataset], **outputs: Output) -> Any:
    ask: Any = "embed" if "prompts" in outputs else "predict"
    found = task.plan(splits.__getitem__, ask=ask).score(outputs)
    return found, task.metric.aggregate(found.arrays)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.tsv")), ids=lambda path: path.stem)
def test_a_list_of_classes_is_whole(path: Path) -> None:
    classes = read_classes(path.stem)
    assert classes.source
    assert len(set(classes.names)) == len(classes) > 1
    assert all(name == name.strip() and name for name in classes.names)
    for line, number in zip(path.read_text(encoding="utf-8").splitlines()[1:], range(len(classes)), strict=True):
        for label in line.partition("\t")[0].split("|"):
            assert classes.number(label) == classes.number(number) == number


def test_labels_are_read_however_they_are_spelled() -> None:
    classes = read_classes("stanford-cars")
    assert classes.number("Ram C-V Cargo Van Minivan 2012") == classes.number("ram c/v cargo_van minivan 2012")
    assert read_classes("cifar100").number("cra") == read_classes("cifar100").number("crab")
    for wrong in ("zebra crossing", 10, -1, None, True, 1.0):
        with pytest.raises(ValueError, match="is none of the 10 classes of stl10"):
            read_classes("stl10").number(wrong)


def test_every_class_is_said_in_every_prompt_and_nothing_gives_the_class_away(splits: dict[str, PairedDataset]) -> None:
    plan = TASK.plan(splits.__getitem__)
    prompts, items = plan.stages
    assert [item.text for item in prompts.items][:4] == ["a airplane.", "the airplane.", "a bird.", "the bird."]  # type: ignore[union-attr]
    assert len(prompts.ids) == len(set(prompts.ids)) == 2 * len(NAMES)
    for item in items.items:
        assert isinstance(item, Sample)
        assert item.target is None
        assert item.options == NAMES
        assert item.modalities == {Modality.IMAGE}
    assert plan.floors.pop("n_tied") is None  # type: ignore[attr-defined]
    assert plan.floors == pytest.approx({"acc@1": 0.1, "acc@5": 0.5, "balanced_accuracy": 0.1})


def test_a_class_is_the_unit_mean_of_its_prompts(splits: dict[str, PairedDataset]) -> None:
    prompts, items = RNG.normal(size=(20, 8)), RNG.normal(size=(6, 8))
    found, values = scored(TASK, splits, prompts=Output(prompts, {}), items=Output(items, {}))
    classes = ensemble_prompts(prompts.reshape(10, 2, 8))
    best = (items @ classes.T).argmax(axis=1)
    assert found.shown["predicted"] == [NAMES[i] for i in best]
    assert values["acc@1"] == np.mean(best == [0, 1, 2, 3, 4, 5])
    scaled = prompts * RNG.uniform(0.1, 9, size=(20, 1))  # lengths mean nothing
    assert scored(TASK, splits, prompts=Output(scaled, {}), items=Output(items * 7, {}))[1] == values


@pytest.mark.parametrize("width", [1, 3, 17, 768])
def test_vectors_that_are_all_the_same_get_exactly_chance(width: int, splits: dict[str, PairedDataset]) -> None:
    vector = np.random.default_rng(width).normal(size=width).astype(np.float32)
    found = scored(
        TASK, splits, prompts=Output(np.tile(vector, (20, 1)), {}), items=Output(np.tile(vector, (6, 1)), {})
    )
    assert found[1]["acc@1"] == pytest.approx(0.1, abs=1e-12)
    assert found[1]["acc@5"] == pytest.approx(0.5, abs=1e-12)


def test_what_failed_is_wrong_and_a_failed_class_is_last(splits: dict[str, PairedDataset]) -> None:
    prompts, items = np.repeat(np.eye(10), 2, axis=0), np.eye(10)[:6]
    prompts[0], items[2] = np.nan, np.nan  # one of two prompts of the first class, and the third picture
    found, values = scored(
        TASK, splits, prompts=Output(prompts, {"0/0": "broken"}), items=Output(items, {"s2": "not a picture"})
    )
    assert values["acc@1"] == 5 / 6
    assert found.errors == {"prompts/0/0": "broken", "s2": "not a picture"}
    assert found.shown["predicted"][2] is None
    prompts[:2] = np.nan
    found, values = scored(
        TASK, splits, prompts=Output(prompts, {"0/0": "x", "0/1": "x"}), items=Output(np.eye(10)[:6], {})
    )
    assert values["acc@1"] == 5 / 6  # nobody is put into a class that could not be said
    assert found.arrays["above"][0] == 9


def test_a_model_may_predict_a_column_per_class(splits: dict[str, PairedDataset]) -> None:
    assert scored(TASK, splits, items=Output(np.eye(10)[:6] * 5 - 3, {}))[1]["acc@1"] == 1.0
    with pytest.raises(RunFailedError, match=r"predict returned 3 columns for fake\.zero-shot: .* one per class, 10"):
        scored(TASK, splits, items=Output(np.zeros((6, 3)), {}))
    assert TASK.shows("predict") == {Modality.IMAGE}


def test_widths_that_differ_end_in_one_sentence(splits: dict[str, PairedDataset]) -> None:
    with pytest.raises(RunFailedError, match=r"fake\.zero-shot compares vectors, and the model's have lengths 4 and 5"):
        scored(TASK, splits, prompts=Output(np.ones((20, 5)), {}), items=Output(np.ones((6, 4)), {}))
    nothing = Output(np.full((6, 1), np.nan), {f"s{i}": "x" for i in range(6)})
    assert scored(TASK, splits, prompts=Output(np.ones((20, 5)), {}), items=nothing)[1]["acc@1"] == 0.0


def test_a_label_that_is_no_class_is_named(picture: Callable[..., MediaPart], open_rows: Open) -> None:
    splits = open_rows({"test": [Sample("s", (picture(0),), target="unicorn")]})
    with pytest.raises(ValueError, match="the label 'unicorn' is none of the 10 classes of stl10"):
        TASK.plan(splits.__getitem__)


def test_equal_pictures_with_two_labels_cannot_both_be_right(
    picture: Callable[..., MediaPart], open_rows: Open
) -> None:
    rows = [Sample(f"s{i}", (picture(min(i, 2)),), target=NAMES[i]) for i in range(4)]
    bounds = TASK.bounds(open_rows({"test": rows}).__getitem__, lambda print_: print_)
    assert bounds.best["acc@1"] == pytest.approx(3 / 4)
    assert (bounds.n, bounds.limited, bounds.chance["acc@1"]) == (4, 2, 0.1)


def test_a_joint_input_is_shown_and_embedded_whole(picture: Callable[..., MediaPart], open_rows: Open) -> None:
    both = frozenset({Modality.IMAGE, Modality.TEXT})
    task = replace(get_task("hateful-memes.zero-shot"), dataset="fake")
    assert isinstance(task, ZeroShotTask)
    rows = [Sample(f"s{i}", (picture(i), TextPart("caption", "en")), target=i % 2) for i in range(4)]
    splits = open_rows({"test": rows})
    plan = task.plan(splits.__getitem__)
    assert plan.stages[1].modalities == both
    assert {item.modalities for item in plan.stages[1].items} == {both}  # type: ignore[union-attr]
    toward = np.asarray([[1.0, 0.2], [0.2, 1.0], [0.9, 0.8], [0.3, 0.4]])  # how harmless, how hateful
    values = scored(task, splits, prompts=Output(np.eye(2), {}), items=Output(toward, {}))[1]
    assert values["auroc"] == 1.0  # both hateful ones lean further that way than both harmless ones


def test_scores_that_differ_by_rounding_are_equal() -> None:
    noisy = np.asarray([[0.3, 0.1 + 0.2, 0.5, 0.3 + 1e-13], [1.0, 1.0 + 1e-6, -np.inf, -np.inf]])
    found = snapped(noisy)
    assert len(set(found[0])) == 2
    assert found[1, 0] != found[1, 1]
    assert found[1, 2] == -np.inf


@pytest.mark.parametrize("n", [5, 700])
def test_tags_from_vectors_that_are_all_the_same_are_tied_over_the_samples(n: int) -> None:
    labels = Labels("stl10", "several")
    rng = np.random.default_rng(n)
    right = rng.random((n, 10)) < 0.3
    right[0] = True
    vector, classes = rng.normal(size=64), rng.normal(size=(10, 64))
    scores = cosines(np.tile(vector, (n, 1)), classes, "x") + rng.uniform(-1, 1, size=(n, 10)) * 1e-14
    metric = labels.metric()
    values = metric.aggregate(labels.arrays(metric, scores, right, np.zeros(n, dtype=bool)))
    assert values["map"] == pytest.approx(right.mean(axis=0).mean(), abs=1e-12)
    assert values["auroc"] == pytest.approx(0.5, abs=1e-12)
    assert labels.chance(metric, right)["map"] == pytest.approx(values["map"], abs=1e-12)
