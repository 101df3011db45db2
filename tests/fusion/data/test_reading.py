"""From tasks to arrays: what is stored, what is hidden and counted."""

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.engines.features import Cache
from mmbench.errors import UserError
from mmbench.fusion.data import reading
from mmbench.fusion.data.reading import FusionData, fusion_data
from mmbench.loaders.cards import SplitFacts
from mmbench.loaders.catalog.cmu_mosi import UNALIGNED
from mmbench.loaders.unknown import Unknown
from mmbench.tasks import get_task
from mmbench.tasks.base import Output
from mmbench.tasks.kinds.sentiment import FoldedRegressionTask
from tests.fakes import MemorySource, Pixels, card, question_task, register, samples
from tests.fusion.small_tasks import (
    BOTH,
    CLASSES,
    FEATURES,
    SIZES,
    Counting,
    arrays,
    changed,
    classes,
    encoder,
    mask,
    numbers,
    parts,
    raw,
    rows,
    values,
    worded,
    words,
)


def test_features_of_one_step_become_standardised_vectors(read: Callable[..., FusionData]) -> None:
    given = rows()
    data = read(given)
    assert (data.names, data.dims, data.steps, data.folds) == (("a", "b"), (4, 4), (1, 1), ("all",))
    assert (data.facts["task"]["id"], data.problem.classes, data.problem.measure) == ("small.emotion", CLASSES, "f1w")
    train = raw(given, "train", "a").astype(np.float64)
    for split, name in (("train", "train"), ("valid", "validation"), ("test", "test")):
        block = data.block("all", split)
        assert list(block.ids) == [one.id for one in given[name]]
        assert list(block.clusters) == [one.group for one in given[name]]
        assert block.targets.tolist() == [i % 2 for i in range(SIZES[name])]
        assert block.facts == {"speaker": [f"s{i % 3}" for i in range(SIZES[name])]}
        assert (values(block, "a").dtype, mask(block, "a").all()) == (np.float32, True)
        wanted = (raw(given, name, "a") - train.mean(0)) / train.std(0)
        np.testing.assert_allclose(values(block, "a"), wanted, atol=1e-5)
    np.testing.assert_allclose(data.deviations("all")[0], 1, atol=1e-9)
    assert data.facts["folds"][0]["rows"] == {"train": 30, "valid": 12, "test": 14}
    assert data.facts["data"]["test"]["fingerprint"] == data.load("test").fingerprint  # type: ignore[misc]
    assert (data.facts["warnings"], data.facts["folds"][0]["counts"]["test"]) == ([], {})
    assert data.facts["modalities"][0] == {
        "name": "a", "encoder": "published features", "revision": data.facts["data"]["test"]["revision"], "d": 4, "kept": 4,
        "steps": 1, "distinct": 56,
    }  # fmt: skip


def test_more_features_than_wanted_become_components_of_train_alone(read: Callable[..., FusionData]) -> None:
    given = rows(width=9)
    first = read(given, reduce=3)
    for row in range(SIZES["test"]):
        changed(given, "test", row, a=1e3 * raw(given, "test", "a")[row][None])
    other = read(given, reduce=3)
    assert first.folder != other.folder
    train = [one.block("all", "train") for one in (first, other)]
    np.testing.assert_array_equal(values(train[0], "a"), values(train[1], "a"))
    assert np.abs(values(other.block("all", "test"), "a")).max() > 100
    assert (first.dims, values(train[0], "a").shape) == ((3, 3), (30, 3))
    spread = values(train[0], "a").std(0)
    assert np.square(spread).mean() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(first.deviations("all")[0], spread, atol=1e-5)
    assert read(given, reduce=None).dims == (9, 9)


def test_rows_of_several_steps_are_padded_each_by_its_own_length(read: Callable[..., FusionData]) -> None:
    given = rows(lengths={"a": 3, "b": 1})
    changed(given, "test", 0, a=arrays(1, {"a": 11})["a"])
    changed(given, "test", 1, a=np.zeros((0, 4), np.float32))
    changed(given, "test", 2, a=None)
    data = read(given, max_steps=5)
    block = data.block("all", "test")
    assert (data.steps, values(block, "a").shape, values(block, "b").shape) == ((5, 1), (14, 5, 4), (14, 4))
    assert mask(block, "a").sum(1).tolist() == [5, 0, 0, *[3] * 11]
    assert (values(block, "a")[~mask(block, "a")] == 0).all()
    kept = values(data.block("all", "train"), "a")[mask(data.block("all", "train"), "a")]
    np.testing.assert_allclose(kept.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(kept.std(0), 1, atol=1e-5)
    assert data.facts["folds"][0]["counts"]["test"] == {"a": {"missing": 2, "shortened": 1}}
    assert data.facts["warnings"] == ["a is missing in 2 of 14 test rows."]


def test_numbers_that_are_not_finite_are_hidden_and_counted(read: Callable[..., FusionData]) -> None:
    given = rows(lengths={"a": 2, "b": 1})
    one, two = arrays(1, {"a": 2})["a"], arrays(2, {"a": 2})["a"]
    one[0, 1], two[:, 0] = np.nan, np.inf
    changed(given, "train", 0, a=one)
    changed(given, "train", 1, a=two, b=np.full((1, 4), -np.inf, np.float32))
    data = read(given)
    block = data.block("all", "train")
    assert mask(block, "a")[:3].tolist() == [[False, True], [False, False], [True, True]]
    assert mask(block, "b")[:3].tolist() == [True, False, True]
    assert np.isfinite(values(block, "a")).all()
    counts = data.facts["folds"][0]["counts"]["train"]
    assert counts == {"a": {"missing": 1, "steps_not_finite": 3}, "b": {"missing": 1, "steps_not_finite": 1}}
    assert "3 steps of a in train rows hold numbers that are not finite: they are hidden." in data.facts["warnings"]


def test_a_constant_modality_becomes_zero_and_is_said(read: Callable[..., FusionData]) -> None:
    given = rows()
    for row in range(SIZES["train"]):
        changed(given, "train", row, b=np.full((1, 4), 0.1, np.float32))
    data = read(given)
    assert not values(data.block("all", "test"), "b").any()
    assert data.facts["warnings"] == ["b is the same in every training row (all): it tells nothing."]


def test_a_modality_without_training_rows_is_left_out(read: Callable[..., FusionData]) -> None:
    given = rows()
    changed(given, "test", 3, c=np.ones((1, 2), np.float32))
    data = read(given)
    assert (data.names, data.facts["warnings"]) == (("a", "b"), ["c is in no training row: it is left out."])


def test_a_class_without_training_rows_is_said(read: Callable[..., FusionData]) -> None:
    data = read(rows(), classes(classes=("odd", *CLASSES)))
    assert data.facts["warnings"] == ["No training row is odd: no method can learn to say so."]
    assert data.block("all", "test").targets.tolist() == [i % 2 + 1 for i in range(14)]


def test_numbers_are_predicted_under_their_convention(read: Callable[..., FusionData]) -> None:
    given = {split: [replace(one, target=i / 10) for i, one in enumerate(held)] for split, held in rows().items()}
    data = read(given, numbers(primary="mae"))
    assert (data.problem.classes, data.problem.measure, data.problem.convention) == ((), "mae", "cmu")
    targets = data.block("all", "valid").targets
    assert targets.dtype == np.float32
    assert targets.tolist() == pytest.approx([i / 10 for i in range(12)])


def test_every_fold_is_standardised_by_its_own_training_rows(read: Callable[..., FusionData]) -> None:
    given = {"all": [replace(one, meta={"fold": i % 3 + 1}) for i, one in enumerate(rows({"all": 30})["all"])]}
    data = read(given, classes(split="all", training=("all", "all"), folds=3))
    assert data.folds == ("fold1", "fold2", "fold3")
    asked = [key for fold in data.folds for key in data.block(fold, "test").ids]
    assert sorted(asked) == sorted(one.id for one in given["all"])
    for number, fold in enumerate(data.folds, start=1):
        train = data.block(fold, "train")
        assert list(train.ids) == [one.id for one in given["all"] if one.meta["fold"] not in (number, number % 3 + 1)]
        np.testing.assert_allclose(values(train, "a").mean(0), 0, atol=1e-5)
    assert data.facts["modalities"][0]["distinct"] == 30


def test_folds_of_numbers_are_read_too(read: Callable[..., FusionData]) -> None:
    held = rows({"all": 12})["all"]
    given = {"all": [replace(one, target=i / 12, meta={"fold": i % 3}) for i, one in enumerate(held)]}
    fields = {name: getattr(numbers(), name) for name in ("id", "title", "dataset", "version", "metric", "primary")}
    task = FoldedRegressionTask(
        **fields, split="all", train_split="all", valid_split="all", inputs=FEATURES, language="en", folds=3
    )
    data = read(given, task)
    assert (data.folds, data.problem.convention) == (("fold0", "fold1", "fold2"), "unit")


def test_equal_content_is_embedded_once(read: Callable[..., FusionData], tmp_path: Path) -> None:
    model = Counting()
    given = worded(lambda split, i: [f"word {i % 5}"])
    data = read(given, classes(BOTH), encoders={"text": encoder(model)}, batch_size=2, cache=Cache(tmp_path / "kept"))
    assert sorted(model.shown) == [f"word {i}" for i in range(5)]
    assert (data.names, data.facts["modalities"][0]["distinct"]) == (("text", "a"), 5)
    assert data.facts["modalities"][0]["encoder"] == "counting"
    text = values(data.block("all", "train"), "text")
    lasts = np.asarray([ord(str(i % 5)) for i in range(30)], dtype=np.float64)
    np.testing.assert_allclose(text[:, 1], (lasts - lasts.mean()) / lasts.std(), atol=1e-5)
    assert not text[:, 0].any()
    assert data.block("all", "test").facts["text"] == [f"word {i % 5}" for i in range(14)]
    again = Counting()
    read(
        given, classes(BOTH), encoders={"text": encoder(again)}, batch_size=2, cache=Cache(tmp_path / "kept"), reduce=2
    )
    assert again.shown == []


def test_content_that_cannot_be_embedded_is_missing_and_said(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: [f"{split} {i}"])
    data = read(given, classes(BOTH), encoders={"text": encoder(Counting(["valid 1", "test 0", "test 3"]))})
    assert np.flatnonzero(~mask(data.block("all", "test"), "text")).tolist() == [0, 3]
    assert data.facts["folds"][0]["counts"]["test"] == {"text": {"missing": 2, "failed": 2}}
    assert data.facts["warnings"][0].startswith("2 different parts of text could not be embedded (the first: ")
    everything = [f"{split} {i}" for split, size in SIZES.items() for i in range(size)]
    with pytest.raises(UserError, match=r"counting could embed no text \(.*not finite\): choose another encoder"):
        read(given, classes(BOTH), encoders={"text": encoder(Counting(everything), revision="2")})


def test_features_go_before_raw_content_of_their_name(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: [f"word {i}"], "text")
    for split, held in given.items():
        given[split] = [
            replace(one, content=(*one.content, *parts({"b": arrays(i)["b"]}))) for i, one in enumerate(held)
        ]
    data = read(given, classes(BOTH))
    assert data.names == ("text", "b")
    assert data.block("all", "test").facts["text"][3] == "word 3"
    with pytest.raises(UserError, match="An encoder was given for 'text', and small.emotion has features of that name"):
        read(given, classes(BOTH), encoders={"text": encoder(Counting())})


def test_answers_that_training_does_not_have_are_counted_and_scored_as_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = [
        (split, replace(one, target="mauve") if one.id in ("test-0", "test-5") else one) for split, one in samples()
    ]
    register(monkeypatch, card().model_copy(update={"source": MemorySource(lambda roots: iter(found))}))
    model = encoder(Pixels())
    data = fusion_data(question_task(), folder=tmp_path / "f", encoders={"image": model, "text": model}, progress=False)
    assert (data.names, data.problem.classes, data.problem.measure) == (
        ("image", "text"),
        ("blue", "green", "grey", "red"),
        "accuracy",
    )
    test = data.block("all", "test")
    assert np.flatnonzero(test.targets == -1).tolist() == [0, 5]
    assert data.facts["folds"][0]["counts"]["test"]["unknown answers"] == 2
    assert "2 of 40 test answers are none of the training answers: no method can give them." in data.facts["warnings"]
    assert list(test.clusters) == [f"test-{i // 2}" for i in range(40)]
    assert test.facts["text"][3] == "picture test 3"
    outputs = np.eye(4)[np.maximum(test.targets, 0)]
    assert data.task is not None
    assert data.load is not None
    plan = data.task.plan(data.load)
    scored = plan.score({"answers": Output(reading.answers(data.problem, outputs, "generate"), {})})
    assert data.task.metric.aggregate(scored.arrays)["accuracy"] == pytest.approx(38 / 40)
    assert reading.value(data.problem, outputs, test.targets) == pytest.approx(38 / 40)


def test_the_texts_of_a_turn_are_read_as_one(read: Callable[..., FusionData]) -> None:
    model = Counting()
    data = read(worded(lambda split, i: [f"word {i % 3}"]), words(), encoders={"text": encoder(model)})
    assert model.shown == [f"word {i}\nSay one word." for i in range(3)]
    assert data.names == ("text", "a")
    for split in ("train", "test"):
        assert data.block("all", split).facts["text"][1] == "word 1\nSay one word."
        assert list(data.block("all", split).clusters)[:3] == [f"{split}-0", f"{split}-0", f"{split}-1"]
        assert data.block("all", split).facts["speaker"][:4] == ["s0", "s1", "s2", "s0"]


def test_a_limit_cuts_what_is_answered_by_whole_groups(read: Callable[..., FusionData]) -> None:
    data = read(rows(), limit=5)
    test = data.block("all", "test")
    assert (len(data.block("all", "train")), len(test)) == (30, 6)
    assert data.task is not None
    assert data.load is not None
    assert list(test.ids) == list(data.task.plan(data.load, limit=5).stages[0].ids)


def test_the_twin_of_a_users_pickle_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBENCH_FILES", str(tmp_path / "files"))
    source: Any = UNALIGNED.source
    path = tmp_path / "files" / UNALIGNED.key / source.name
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(source.layout.twin()))
    facts = {name: SplitFacts(count=Unknown(reason="a test"), protocol="") for name in UNALIGNED.splits}
    pinned = replace(source, sha256=(hashlib.sha256(path.read_bytes()).hexdigest(),))
    register(monkeypatch, UNALIGNED.model_copy(update={"source": pinned, "splits": facts}))
    data = fusion_data(get_task("cmu-mosi-unaligned.regression"), folder=tmp_path / "f", max_steps=7, progress=False)
    assert (data.names, data.dims, data.steps) == (("text", "audio", "vision"), (64, 5, 20), (6, 7, 7))
    assert mask(data.block("all", "test"), "audio").sum(1).tolist() == [7, 7, 7, 7, 7, 7, 7, 7]
    assert mask(data.block("all", "test"), "vision").sum(1).tolist() == [7, 7, 6, 5] * 2
    assert list(data.block("all", "test").clusters) == [f"test{i // 2}" for i in range(8)]
    assert data.block("all", "test").facts["text"][0] == "made-up words test 0"
