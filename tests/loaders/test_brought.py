"""Files that a user brings become samples: found, checked, named where they are missing; and the two sets that come that way."""

import dataclasses
import hashlib
import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders.cache import is_built, open_splits
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.catalog.meld import AUDIO as MELD_AUDIO
from mmbench.loaders.catalog.meld import CARD as MELD
from mmbench.loaders.catalog.mustard import CARD as MUSTARD
from mmbench.loaders.sources import Source
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import FeaturesPart, Sample, TextPart

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
DEV = (
    '1,"Oh my God, he\u2019s lost it. He\u2019s totally lost it.",Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"',
    '2,What?,Monica,surprise,negative,0,1,4,7,"0:21:01,927",soon',
    '3,Hey.,Phoebe,neutral,neutral,1,4,4,4,"0:12:43,012","0:12:44,074"',
)


def words(tables: Rows, split: str) -> Iterator[Sample]:
    marks = {row["word"] for row in tables["marks"]()}
    for number, row in enumerate(tables["rows"]()):
        yield Sample(f"{split}-{number}", (TextPart(row["word"]),), meta={"marked": row["word"] in marks})


def plain(tables: Rows, split: str) -> Iterator[Sample]:
    for row in tables["rows"]():
        yield Sample(row["word"], (TextPart(row["word"]),))


def marks(path: Path) -> Iterator[Row]:
    for word in path.read_text().split():
        yield {"word": word}


SOURCE = BroughtSource(
    key="words",
    expects={
        "lists/train.csv": Expected(where="https://example.org/train"),
        "lists/test.csv": Expected(where="https://example.org/test"),
        "marks.txt": Expected(where="https://example.org/marks", optional=True),
    },
    tables={"rows": Table({"word": Column("string")}, files=("lists/{split}.csv",), format="csv")},
    samples=words,
    readers={"marks": ("marks.txt", marks)},
)


def small(card: DatasetCard, source: Source) -> DatasetCard:
    """The card over another source, of whatever size."""
    facts = {
        split: SplitFacts(count=Unknown(reason="a test"), protocol=known.protocol)
        for split, known in card.splits.items()
    }
    return card.model_copy(update={"source": source, "splits": facts})


def card(source: BroughtSource = SOURCE) -> DatasetCard:
    facts = SplitFacts(count=Unknown(reason="a test"), protocol="a test")
    return MELD.model_copy(update={"key": source.key, "source": source, "splits": {"train": facts, "test": facts}})


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of files, with an empty cache."""
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MMBENCH_FILES", str(tmp_path / "files"))
    return tmp_path / "files"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_missing_file_is_named_with_its_address_and_its_place(files: Path) -> None:
    with pytest.raises(UserError) as caught:
        SOURCE.locate()
    said = str(caught.value)
    for part in ("lists/train.csv", "https://example.org/train", "lists/test.csv", "https://example.org/test"):
        assert part in said
    assert "marks.txt" not in said
    assert str(files / "words") in said


def test_a_split_needs_its_own_files_only(files: Path) -> None:
    put(files / "words" / "lists" / "test.csv", "word\nsea\n")
    assert open_splits(card(), ["test"])["test"][0].text == "sea"
    with pytest.raises(UserError, match=r"words needs the file lists/train\.csv .*https://example\.org/train says how"):
        open_splits(card(), ["train"])


def test_an_optional_file_adds_to_the_rows_and_counts_as_an_input(files: Path) -> None:
    put(files / "words" / "lists" / "test.csv", "word\nsea\nsky\n")
    before = open_splits(card(), ["test"])["test"]
    put(files / "words" / "marks.txt", "sky")
    after = open_splits(card(), ["test"])["test"]
    assert [sample.meta["marked"] for sample in before] == [False, False]
    assert [sample.meta["marked"] for sample in after] == [False, True]
    assert set(SOURCE.for_split("test").inputs().files) == {"files:lists/test.csv", "files:marks.txt"}
    (files / "words" / "marks.txt").unlink()
    assert set(SOURCE.for_split("test").inputs().files) == {"files:lists/test.csv"}
    (files / "words" / "lists" / "test.csv").unlink()
    assert set(SOURCE.for_split("test").inputs().files) == {"files:lists/test.csv", "files:marks.txt"}


def test_files_are_looked_for_in_the_cache_too(files: Path, tmp_path: Path) -> None:
    put(tmp_path / "cache" / "files" / "words" / "lists" / "test.csv", "word\nsea\n")
    assert open_splits(card(), ["test"])["test"].ids == ["test-0"]


def test_files_in_two_folders_are_refused(files: Path, tmp_path: Path) -> None:
    put(files / "words" / "lists" / "train.csv", "word\nsea\n")
    put(tmp_path / "cache" / "files" / "words" / "lists" / "test.csv", "word\nsea\n")
    with pytest.raises(UserError, match="put all of them into one"):
        SOURCE.locate()


def test_a_known_sum_is_checked_and_shows_in_the_evidence(files: Path) -> None:
    path = put(files / "words" / "lists" / "test.csv", "word\nsea\n")

    def pinned(sha256: str) -> BroughtSource:
        expects = {"lists/test.csv": Expected(where="https://example.org", sha256=(sha256,))}
        return dataclasses.replace(SOURCE, expects=expects, readers={}, samples=plain)

    assert open_splits(card(), ["test"])["test"].evidence == "unpinned"
    right = pinned(hashlib.sha256(path.read_bytes()).hexdigest())
    assert open_splits(card(right), ["test"])["test"].evidence == "transport-verified"
    with pytest.raises(UserError, match=r"is not the file that words describes"):
        open_splits(card(pinned("0" * 64)), ["test"])


def test_what_was_built_opens_after_the_files_are_gone(files: Path) -> None:
    put(files / "words" / "lists" / "test.csv", "word\nsea\n")
    assert not is_built(card(), "test")
    open_splits(card(), ["test"])
    shutil.rmtree(files)
    assert is_built(card(), "test")
    assert open_splits(card(), ["test"])["test"][0].text == "sea"


def test_a_brought_file_is_known_by_its_name(files: Path, tmp_path: Path) -> None:
    brought = SOURCE.bring(put(tmp_path / "downloads" / "test.csv", "word\nsea\n"))
    assert brought == tmp_path / "cache" / "files" / "words" / "lists" / "test.csv"
    assert open_splits(card(), ["test"])["test"].ids == ["test-0"]
    with pytest.raises(UserError, match=r"other\.csv is none of the files of words, which are lists/train\.csv"):
        SOURCE.bring(put(tmp_path / "downloads" / "other.csv", "word\n"))


@pytest.mark.parametrize("real", [MELD, MUSTARD], ids=lambda one: one.key)
def test_a_twin_has_the_declared_schema(real: DatasetCard, files: Path, tmp_path: Path) -> None:
    assert isinstance(real.source, BroughtSource)
    twin = small(real, real.source.twin(list(real.splits), tmp_path / "twin"))
    for split in open_splits(twin, list(real.splits)).values():
        assert len(set(split.ids)) == len(split) > 0
        assert split[0].text
        assert split[0].target is not None
        assert split[0].group


def test_meld_rows_become_utterances(files: Path) -> None:
    put(files / "meld" / "dev_sent_emo.csv", "\n".join([HEAD, *DEV]) + "\n")
    first, second, third = open_splits(small(MELD, MELD.source), ["validation"])["validation"]
    assert (first.id, first.group, first.target) == ("dia0_utt0", "0", "sadness")
    assert first.text == "Oh my God, he\u2019s lost it. He\u2019s totally lost it."
    assert first.meta == {
        "sentiment": "negative",
        "speaker": "Phoebe",
        "season": 4,
        "episode": 7,
        "start": 1257.256,
        "end": 1260.049,
    }
    assert (second.meta["start"], second.meta["end"]) == (1261.927, None)
    assert (third.id, third.group) == ("dia1_utt4", "1")


def meld_audio(dev: dict[str, Any]) -> bytes:
    """The features as MELD's code reads them: three dictionaries, in protocol 2 under the names that numpy had then."""
    data = ({"0_0": np.zeros(3)}, dev, {"0_0": np.zeros(3)})
    return pickle.dumps(data, protocol=2).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def test_meld_sounds_are_added_where_the_file_has_them(files: Path) -> None:
    put(files / "meld" / "dev_sent_emo.csv", "\n".join([HEAD, *DEV]) + "\n")
    before = open_splits(small(MELD, MELD.source), ["validation"])["validation"]
    (files / "meld" / MELD_AUDIO).write_bytes(
        meld_audio({"0_1": np.array([1.0, np.inf, 3.0]), "1_4": np.array([4.0, 5.0, 6.0])})
    )
    after = open_splits(small(MELD, MELD.source), ["validation"])["validation"]
    assert after[0].fingerprint == before[0].fingerprint
    assert (after.ids, after.targets) == (before.ids, before.targets)
    found = [[part for part in sample.content if isinstance(part, FeaturesPart)] for sample in after]
    assert [[(part.name, part.values.tolist()) for part in parts] for parts in found] == [
        [],
        [("audio", [[1.0, 0.0, 3.0]])],
        [("audio", [[4.0, 5.0, 6.0]])],
    ]
    assert [sample.meta.get("replaced") for sample in after] == [None, {"audio": 1}, None]


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (meld_audio({"7_7": np.zeros(3)}), "has features of 1 utterances of validation and none of them is in MELD"),
        (pickle.dumps([{}, {}], protocol=2), "does not hold three dictionaries"),
        (pickle.dumps([{}, {"0_0": print}, {}], protocol=2), "wants to call"),
    ],
)
def test_meld_sounds_that_cannot_be_right_are_refused(files: Path, audio: bytes, said: str) -> None:
    put(files / "meld" / "dev_sent_emo.csv", "\n".join([HEAD, *DEV]) + "\n")
    (files / "meld" / MELD_AUDIO).write_bytes(audio)
    with pytest.raises(UserError, match=said):
        open_splits(small(MELD, MELD.source), ["validation"])


def test_meld_of_another_size_is_refused(files: Path) -> None:
    put(files / "meld" / "dev_sent_emo.csv", "\n".join([HEAD, *DEV]) + "\n")
    with pytest.raises(UserError, match="3 samples where its card says 1,?109"):
        open_splits(MELD, ["validation"])


def sarcasm(count: int) -> str:
    shows = ("BBT", "FRIENDS")
    return json.dumps(
        {
            f"{number % 2}_{number}": {
                "utterance": f"line {number}",
                "speaker": "PERSON",
                "context": ["before"],
                "context_speakers": ["OTHER"],
                "show": shows[number % 2],
                "sarcasm": number % 2 == 0,
            }
            for number in range(count)
        }
    )


def python2_folds(*tests: list[int]) -> bytes:
    """Folds as the upstream's pickle holds them: protocol 2, under the names that numpy had then."""
    count = sum(map(len, tests))
    folds = [(np.setdiff1d(np.arange(count), test), np.asarray(test)) for test in tests]
    return pickle.dumps(folds, protocol=2).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def test_mustard_has_both_protocols(files: Path) -> None:
    put(files / "mustard" / "sarcasm_data.json", sarcasm(5))
    alone = open_splits(small(MUSTARD, MUSTARD.source), ["all"])["all"]
    assert [sample.meta["fold"] for sample in alone] == [None] * 5
    (files / "mustard" / "split_indices.p").write_bytes(python2_folds([1, 4], [0, 3], [2]))
    rows = open_splits(small(MUSTARD, MUSTARD.source), ["all"])["all"]
    assert [sample.meta["fold"] for sample in rows] == [2, 1, 3, 2, 1]
    assert [sample.meta["speaker_independent"] for sample in rows] == ["train", "test", "train", "test", "train"]
    assert [sample.target for sample in rows] == [True, False, True, False, True]
    assert (rows[1].id, rows[1].group, rows[1].text) == ("1_1", "FRIENDS/PERSON", "line 1")
    assert rows[1].meta["context"] == ["before"]


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        (python2_folds([0, 1], [2]), "names 3 rows and sarcasm_data.json holds 5"),
        (python2_folds([0, 1, 2], [2, 3, 4]), "tests some rows in two folds"),
        (pickle.dumps([1, 2], protocol=2), "holds no pairs of train and test rows"),
        (pickle.dumps([(print, print)], protocol=2), "wants to call"),
    ],
)
def test_mustard_folds_that_cannot_be_right_are_refused(files: Path, folds: bytes, said: str) -> None:
    put(files / "mustard" / "sarcasm_data.json", sarcasm(5))
    (files / "mustard" / "split_indices.p").write_bytes(folds)
    with pytest.raises(UserError, match=said):
        open_splits(small(MUSTARD, MUSTARD.source), ["all"])
