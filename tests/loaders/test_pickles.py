"""Pickles that a user brings become samples: content, counts, defects said, and converted once."""

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders import all_cards
from mmbench.loaders.cache import is_built, open_splits
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.catalog.ch_sims import CARD as SIMS
from mmbench.loaders.catalog.cmu_mosi import ALIGNED, UNALIGNED
from mmbench.loaders.catalog.mustard_features import CARD as SARCASTIC
from mmbench.loaders.catalog.ur_funny import CARD as FUNNY
from mmbench.loaders.sources import PickleSource, Source
from mmbench.loaders.sources.pickles import pickle_report
from mmbench.loaders.unknown import Unknown
from mmbench.samples import FeaturesPart, Modality, Sample

CARDS = [card for card in all_cards() if isinstance(card.source, PickleSource)]
SPLITS = ["train", "validation", "test"]
Place = Callable[[DatasetCard, Mapping[str, Any]], DatasetCard]


def small(card: DatasetCard, **source: Any) -> DatasetCard:
    """The card for a file of another size; ``source`` changes fields of its source."""
    facts = {
        split: SplitFacts(count=Unknown(reason="a test"), protocol=known.protocol)
        for split, known in card.splits.items()
    }
    changed = dataclasses.replace(pickles(card), **source)
    return card.model_copy(update={"source": changed, "splits": facts})


def pickles(card: DatasetCard) -> PickleSource:
    assert isinstance(card.source, PickleSource)
    return card.source


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of files, with an empty cache."""
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MMBENCH_FILES", str(tmp_path / "files"))
    return tmp_path / "files"


@pytest.fixture
def place(files: Path) -> Place:
    """Puts an object where the card looks for its file; returns the card that pins that file."""

    def placed(card: DatasetCard, data: Mapping[str, Any]) -> DatasetCard:
        path = files / card.key / pickles(card).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(data))
        return small(card, sha256=(hashlib.sha256(path.read_bytes()).hexdigest(),))

    return placed


def features(sample: Sample) -> dict[str, Any]:
    return {part.name: part.values for part in sample.content if isinstance(part, FeaturesPart)}


def clips(count: int, *, aligned: bool) -> dict[str, Any]:
    """Columns of ``count`` clips whose every value says where it stands."""
    shapes = {"text": (4, 3), "audio": (4, 2) if aligned else (9, 2), "vision": (4, 5) if aligned else (7, 5)}
    columns: dict[str, Any] = {
        name: np.arange(count * steps * width, dtype=np.float32).reshape(count, steps, width)
        for name, (steps, width) in shapes.items()
    }
    columns |= {
        "raw_text": [f"words {row}" for row in range(count)],
        "text_bert": np.ones((count, 3, 4)),
        "id": [f"vid{row // 2}$_${row}" for row in range(count)],
        "annotations": ["Positive"] * count,
        "classification_labels": np.full(count, 2.0),
        "regression_labels": np.linspace(-0.7, 0.7, count).astype(np.float32),
    }
    if not aligned:
        columns |= {"audio_lengths": [1 + row for row in range(count)], "vision_lengths": [7] * count}
    return columns


def whole(*, aligned: bool = True) -> dict[str, dict[str, Any]]:
    return {name: clips(count, aligned=aligned) for name, count in (("train", 5), ("valid", 2), ("test", 3))}


def test_an_aligned_file_becomes_samples(place: Place) -> None:
    card = place(ALIGNED, whole())
    opened = open_splits(card, SPLITS)
    assert {split: len(rows) for split, rows in opened.items()} == {"train": 5, "validation": 2, "test": 3}
    last = opened["test"][2]
    assert (last.id, last.group, last.target, last.text) == (
        "vid1$_$2",
        "vid1",
        0.7,
        "words 2",
    )  # float32 .7 is meant as .7
    assert dict(last.meta) == {"annotation": "Positive", "class": 2.0}
    assert [part.language for part in last.parts(Modality.TEXT)] == ["en"]
    for name, values in features(last).items():
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, whole()["test"][name][2])
    assert list(features(last)) == ["text", "audio", "vision"]
    assert opened["test"].evidence == "transport-verified"
    assert opened["test"].revision.startswith("aligned_50.pkl ")


def test_an_unaligned_file_is_cut_to_its_lengths(place: Place) -> None:
    data = whole(aligned=False)
    data["train"]["audio_lengths"] = np.array([1, 9, 0, 10, 3])
    data["train"]["audio"][1, 8, 0] = -np.inf
    data["train"]["audio"][0, 5, 0] = np.nan  # in the padding: cut off, so nothing to say
    rows = open_splits(place(UNALIGNED, data), ["train"])["train"]
    assert [features(row)["audio"].shape for row in rows] == [(1, 2), (9, 2), (9, 2), (9, 2), (3, 2)]
    assert [features(row)["vision"].shape for row in rows] == [(7, 5)] * 5
    assert [row.meta.get("bad_lengths") for row in rows] == [None, None, {"audio": 0}, {"audio": 10}, None]
    assert [row.meta.get("replaced") for row in rows] == [None, {"audio": 1}, None, None, None]
    assert features(rows[1])["audio"][8].tolist() == [0.0, data["train"]["audio"][1, 8, 1]]


def test_what_is_not_finite_becomes_zero_and_is_counted(place: Place) -> None:
    data = whole()
    data["test"]["audio"] = data["test"]["audio"].astype(np.float64)
    data["test"]["audio"][0, :2, 0] = [-np.inf, 1e300]  # the second is no float32
    data["test"]["vision"][0, 0, 0] = np.nan
    row = open_splits(place(ALIGNED, data), ["test"])["test"][0]
    assert row.meta["replaced"] == {"audio": 2, "vision": 1}
    assert all(np.isfinite(values).all() for values in features(row).values())
    assert features(row)["audio"][:2, 0].tolist() == [0, 0]


def test_a_second_clip_of_one_id_is_kept_under_a_name_of_its_own(place: Place) -> None:
    data = whole()
    data["train"]["id"] = ["a$_$1", "a$_$1", "a$_$1#2", "a$_$1", "b$_$1"]
    rows = open_splits(place(ALIGNED, data), ["train"])["train"]
    assert rows.ids == ["a$_$1", "a$_$1#3", "a$_$1#2", "a$_$1#4", "b$_$1"]
    assert [row.meta.get("duplicate_of") for row in rows] == [None, "a$_$1", None, "a$_$1", None]
    assert set(rows.groups) == {"a", "b"}


def test_labels_of_each_modality_are_kept(place: Place) -> None:
    data = whole(aligned=False)
    for columns in data.values():
        columns |= {f"regression_labels_{letter}": columns["regression_labels"] * 0.5 for letter in "TAV"}
    row = open_splits(place(SIMS, data), ["test"])["test"][2]
    assert row.meta["labels"] == {"text": 0.35, "audio": 0.35, "vision": 0.35}
    assert row.content[0].language == "zh"


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no split": (lambda data: data.pop("valid"), "it has no split 'valid'"),
    "no column": (lambda data: data["test"].pop("vision"), "test has no column 'vision'"),
    "a short column": (lambda data: data["test"]["raw_text"].pop(), "test has 3 ids and 2 entries of 'raw_text'"),
    "a label out of range": (lambda data: data["train"]["regression_labels"].put(0, 3.5), "label of 'vid0.*in .-3, 3"),
    "no label": (lambda data: data["train"]["regression_labels"].put(0, np.nan), "label of 'vid0.*not one number"),
    "a text as label": (lambda data: data["train"].update(regression_labels=["x"] * 5), "not laid out as cmu-mosi"),
    "an id without a clip": (lambda data: data["test"]["id"].__setitem__(0, "x"), r"id 'x' is not of the form video\$_\$clip"),
    "flat features": (lambda data: data["test"].update(audio=np.zeros((3, 4))), "audio of vid0.*have 1 axes"),
    "features of words": (lambda data: data["test"].update(audio=[[["x"]]] * 3), "not laid out as cmu-mosi"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_file_of_another_layout_is_refused(place: Place, name: str) -> None:
    change, said = BROKEN[name]
    data = whole()
    change(data)
    card = place(ALIGNED, data)
    with pytest.raises(UserError, match=f"{said}.*bring the published file"):
        open_splits(card, ["test"])
    assert not is_built(card, "test")


def test_a_list_is_no_layout(place: Place) -> None:
    card = place(ALIGNED, [1])  # type: ignore[arg-type]
    with pytest.raises(UserError, match="it has no split 'train'"):
        open_splits(card, ["test"])


def test_a_file_that_wants_to_run_something_is_refused(place: Place) -> None:
    card = place(ALIGNED, whole() | {"more": print})
    with pytest.raises(UserError, match=r"wants to call builtins\.print: refused"):
        open_splits(card, ["test"])


def test_conversion_is_done_once_and_outlives_the_file(place: Place, files: Path) -> None:
    card = place(ALIGNED, whole())
    before = open_splits(card, ["test"])["test"]
    path = files / "cmu-mosi" / "aligned_50.pkl"
    path.unlink()
    assert is_built(card, "test")
    after = open_splits(card, SPLITS)["test"]
    assert (list(after.ids), after.fingerprint, after.evidence) == (
        list(before.ids),
        before.fingerprint,
        before.evidence,
    )


def test_a_file_gone_before_its_conversion_is_asked_for(place: Place, files: Path) -> None:
    card = place(ALIGNED, whole())
    card.source.inputs()
    (files / "cmu-mosi" / "aligned_50.pkl").unlink()
    with pytest.raises(UserError, match="cmu-mosi needs the file aligned_50.pkl"):
        open_splits(card, ["test"])


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_missing_file_is_asked_for_by_every_card(files: Path, card: DatasetCard) -> None:
    for ask in (card.source.locate, card.source.inputs):
        with pytest.raises(
            UserError, match=rf"{card.key} needs the file {pickles(card).name} \(.*mmbench download {card.key} --from"
        ):
            ask()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_twin_opens_like_the_real_file(files: Path, card: DatasetCard) -> None:
    folder, name = files / card.key, pickles(card).name
    assert pickles(card).twin(SPLITS, folder).mirror == folder
    data = (folder / name).read_bytes()
    pickles(card).twin(SPLITS, folder)
    assert (folder / name).read_bytes() == data
    if pickles(card).sha256 is not None:
        with pytest.raises(UserError, match="is not the file that .* describes: its sha256 is"):
            card.source.inputs()
    opened = open_splits(small(card, sha256=None), SPLITS)
    assert {split: (len(rows), rows.evidence) for split, rows in opened.items()} == dict.fromkeys(
        SPLITS, (8, "unpinned")
    )
    for rows in opened.values():
        for row in rows:
            assert row.modalities == frozenset(card.modalities)
            assert list(features(row)) == ["text", "audio", "vision"]
    report = dataclasses.replace(pickles(card), sha256=None).report()
    assert json.loads(json.dumps(report)) == report
    assert [report["splits"][split]["samples"] for split in SPLITS] == [8, 8, 8]


def test_a_twin_stands_beside_the_users_files(files: Path, tmp_path: Path) -> None:
    twin = pickles(ALIGNED).twin(SPLITS, tmp_path / "twins")
    card = small(ALIGNED, sha256=None, mirror=twin.mirror)
    assert open_splits(card, ["test"])["test"].evidence == "unpinned"
    with pytest.raises(UserError, match="needs the file"):
        ALIGNED.source.locate()
    (tmp_path / "twins" / twin.name).unlink()
    with pytest.raises(UserError, match="needs the file"):
        card.source.inputs()


def test_the_wrong_count_is_refused(files: Path) -> None:
    source = dataclasses.replace(pickles(ALIGNED), sha256=None)
    source.twin(SPLITS, files / ALIGNED.key)
    with pytest.raises(UserError, match="cmu-mosi train came out with 8 samples where its card says 1,?284"):
        open_splits(ALIGNED.model_copy(update={"source": source}), ["test"])


def test_the_report_counts_defects(tmp_path: Path) -> None:
    data = whole(aligned=False)
    data["train"]["audio"][0, 0] = [np.nan, -np.inf]
    data["train"]["audio"][1, 0, 0] = np.inf
    data["train"]["vision"][2] = 0
    data["train"]["audio_lengths"][4] = 0
    data["train"]["raw_text"][3] = " "
    data["train"]["id"][1] = data["train"]["id"][0]
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(data))
    found = pickle_report(path, pickles(UNALIGNED).layout)["splits"]["train"]
    assert (found["samples"], found["repeated_ids"], found["empty_texts"]) == (5, 1, 1)
    assert found["labels"] == {"low": pytest.approx(-0.7), "high": pytest.approx(0.7), "not_finite": 0}
    assert found["audio"] == {
        "shapes": {"9x2": 5}, "nan": 1, "-inf": 1, "inf": 1, "clips_not_finite": 2, "zero_clips": 0, "bad_lengths": 1,
    }  # fmt: skip
    assert (found["vision"]["zero_clips"], found["vision"]["bad_lengths"]) == (1, 0)
    assert "bad_lengths" not in found["text"]


@pytest.mark.parametrize("card", [FUNNY, SARCASTIC], ids=lambda card: card.key)
def test_multibench_padding_is_cut_and_empty_texts_are_kept(card: DatasetCard, place: Place) -> None:
    words = np.zeros((3, 5, 2))
    words[0, 3:] = words[1, 0] = 1
    columns = {
        "text": words, "audio": np.ones((3, 5, 2)), "vision": np.ones((3, 6, 2)), "labels": np.array([[1.0], [-1.0], [0.0]]),
        "id": [b"a", 7, "c"],
    }  # fmt: skip
    rows = open_splits(place(card, dict.fromkeys(("train", "valid", "test"), columns)), ["test"])["test"]
    assert (rows.ids, rows.targets, rows.groups) == (["a", "7", "c"], [1, 0, 0], [None] * 3)
    shapes = [{name: len(values) for name, values in features(row).items()} for row in rows]
    assert shapes == [
        {"text": 2, "audio": 2, "vision": 6},  # other steps than the words': left alone
        {"text": 5, "audio": 5, "vision": 6},
        {"text": 5, "audio": 5, "vision": 6},
    ]
    assert [dict(row.meta) for row in rows] == [{}, {}, {"empty_text": True}]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_cards_of_user_files_say_what_is_known(card: DatasetCard) -> None:
    assert isinstance(card.source, Source)
    assert (card.access, card.redistributable, list(card.splits)) == ("user-file", False, SPLITS)
    assert pickles(card).key == card.key
    assert card.known_issues
    assert {"splits", "licence", "source", "labels_public"} <= set(card.evidence)
    for value in (card.licence, card.download_bytes):
        assert isinstance(value, Unknown)


def test_every_set_of_the_layout_has_a_card() -> None:
    keys = [
        "ch-sims", "ch-sims-v2", "cmu-mosei", "cmu-mosei-unaligned", "cmu-mosi", "cmu-mosi-unaligned", "mustard-features", "ur-funny",
    ]  # fmt: skip
    assert [card.key for card in CARDS] == keys
    sums = [sum_ for card in CARDS for sum_ in pickles(card).sha256 or ()]
    assert len(set(sums)) == len(sums) == 5
