"""Every layout that people use becomes the right samples, and nothing is lost on the way."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.loaders import card_of, get_card, load_dataset
from mmbench.loaders.dataset import PairedDataset
from mmbench.media import decode_audio, decode_image
from mmbench.samples import MediaError, MediaPart, Modality, Sample, TextPart

Write = Callable[..., Path]


def texts(sample: Sample) -> list[str]:
    return [part.text for part in sample.content if isinstance(part, TextPart)]


def whole(folder: Path) -> PairedDataset:
    splits = load_dataset(folder, progress=False)
    assert list(splits) == ["all"]
    return splits["all"]


def captions(folder: Path) -> dict[str, list[str]]:
    return {sample.id: texts(sample) for sample in whole(folder)}


def test_a_text_beside_each_picture_gives_a_caption_per_line(put: Write) -> None:
    folder = put({"b.png": 1, "b.txt": "one\n\n  two \n", "a.png": 2, "a.txt": "three", "README.txt": "About this."})
    found = whole(folder)
    assert {sample.id: texts(sample) for sample in found} == {"a": ["three"], "b": ["one", "two"]}
    assert decode_image(found[0].image, "a").size == (32, 32)
    assert found.card.modalities == (Modality.IMAGE, Modality.TEXT)
    assert [(issue.count, issue.summary) for issue in found.card.known_issues] == [
        (1, "files that are no part of the data ('README.txt')")
    ]


def test_a_sound_and_its_transcript_and_a_picture_of_one_name_are_one_sample(put: Write) -> None:
    folder = put({"x/001.flac": 1, "x/001.txt": "hello", "x/001.png": 2, "002.flac": 2, "002.txt": "good bye"})
    found = whole(folder)
    assert found.ids == ["002", "x/001"]
    assert found[1].modalities == {Modality.AUDIO, Modality.IMAGE, Modality.TEXT}
    assert decode_audio(found[0].audio, "002")[1] == 16_000


def test_media_without_text_stay_samples_and_broken_ones_fail_by_their_id(put: Write) -> None:
    folder = put({"a.png": 1, "a.txt": "one", "alone.png": 2, "zero.jpg": b"", "zero.txt": "nothing", "alone.flac": 3})
    found = whole(folder)
    assert captions(folder) == {"a": ["one"], "zero": ["nothing"], "alone": []}
    assert found.select_ids(["alone"])[0].modalities == {Modality.IMAGE, Modality.AUDIO}
    with pytest.raises(MediaError, match="'zero'"):
        decode_image(found.select_ids(["zero"])[0].image, "zero")


def test_a_table_whose_rows_repeat_a_file_gives_one_sample_with_several_captions(put: Write) -> None:
    table = 'file_name,caption,photographer\n1.png,"a, b",Ann\n2.png,c,Bo\n1.png,d,Cy\n'
    found = whole(put({"metadata.csv": table, "images/1.png": 1, "images/2.png": 2, "images/3.png": 3}))
    assert captions_of(found) == {"images/1": ["a, b", "d"], "images/2": ["c"], "images/3": []}
    assert found[0].meta == {"photographer": ["Ann", "Cy"]}
    assert found[1].meta == {"photographer": "Bo"}


def captions_of(found: PairedDataset) -> dict[str, list[str]]:
    return {sample.id: texts(sample) for sample in found}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("captions.csv", "image,caption_1,caption_2\n1.png,one,two\n2.png,three,\n"),
        ("list.csv", "image;caption_1;caption_2\r\n1.png;one;two\r\n2.png;three;\r\n"),
        ("list.tsv", "path\tsentence\n1.png\tone\n2.png\tthree\n1.png\ttwo\n"),
        ("list.csv", 'Image,Captions\n1.png,"[""one"", ""two""]"\n2.png,three\n'),
        ("list.jsonl", '{"image": "1.png", "captions": ["one", "two"]}\n\n{"image": "2.png", "captions": "three"}\n'),
        ("list.csv", "\ufefffile_name,text\n.\\1.png,one\n2.png,three\n1.png,two\n"),
    ],
    ids=["columns", "semicolons", "tsv", "json-in-csv", "jsonl", "bom-and-backslash"],
)
def test_tables_of_every_kind_say_the_same(put: Write, name: str, table: str) -> None:
    assert captions(put({name: table, "1.png": 1, "2.png": 2})) == {"1": ["one", "two"], "2": ["three"]}


def test_quotes_in_a_tsv_that_are_plain_text_swallow_no_rows(put: Write) -> None:
    table = 'path\tsentence\na.flac\t"Hello," he said\nb.flac\t"Yes\n'
    found = captions(put({"validated.tsv": table, "a.flac": 1, "b.flac": 2}))
    assert found == {"a": ['"Hello," he said'], "b": ['"Yes']}


def test_ids_languages_speakers_answers_and_options_get_their_places(put: Write) -> None:
    rows = [
        {
            "id": 7,
            "image": "1.png",
            "question": "What?",
            "answers": ["cat", "cats"],
            "options": ["cat", "dog"],
            "language": "en",
        },
        {"id": 8, "image": "1.png", "question": "Where?", "answers": ["home"], "options": [], "language": "de"},
        {"id": 9, "image": "2.png", "question": "Who?", "answers": ["Ann"], "speaker": "s1", "weight": 0.5},
    ]
    found = whole(put({"q.jsonl": "\n".join(map(json.dumps, rows)), "1.png": 1, "2.png": 2}))
    assert found.ids == ["7", "8", "9"]
    assert [sample.target for sample in found] == [["cat", "cats"], ["home"], ["Ann"]]
    assert (found[0].options, found[0].content[1].language, found[1].content[1].language) == (
        ("cat", "dog"),
        "en",
        "de",
    )
    assert found.groups == ["1", "1", "s1"]
    assert found[2].meta == {"weight": 0.5, "speaker": "s1"}


def test_questions_about_one_picture_stay_samples_of_their_own(put: Write) -> None:
    found = whole(put({"q.csv": "image,question,answer\n1.png,What?,cat\n1.png,Where?,home\n", "1.png": 1}))
    assert (found.ids, found.targets, found.groups) == (["1", "1:2"], ["cat", "home"], ["1", "1"])


def test_blank_texts_are_counted_where_they_stood(put: Write) -> None:
    found = whole(put({"captions.csv": "image,caption\n1.png,one\n1.png,  \n", "1.png": 1}))
    assert (texts(found[0]), found[0].meta) == (["one"], {"blank_texts": 1})


def test_columns_of_any_name_can_be_told(put: Write) -> None:
    folder = put({"liste.csv": "bild,satz,notiz\n1.png,eins,x\n", "1.png": 1})
    card = card_of(folder, columns={"bild": "image", "satz": "caption"})
    assert (card.modalities, card.columns["bild"]) == ((Modality.IMAGE, Modality.TEXT), "image")


def test_names_in_another_normal_form_are_found(put: Write) -> None:
    folder = put(
        {
            "captions.csv": "image,caption\nCafe\u0301.png,coffee\n",
            "Caf\u00e9.png": 1,
            "日本 語.png": 2,
            "日本 語.txt": "x",
        }
    )
    assert captions(folder) == {"Caf\u00e9": ["coffee"], "日本 語": []}


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("training", "dev", "testing"), ("Train", "validation", "Test")]
)
def test_sub_folders_with_the_names_of_splits_are_splits(put: Write, names: tuple[str, str, str]) -> None:
    train, valid, test = names
    splits = load_dataset(
        put(
            {
                f"{train}/metadata.csv": "file_name,caption\n1.png,one\n",
                f"{train}/1.png": 1,
                f"{valid}/2.png": 2,
                f"{valid}/2.txt": "two",
                f"{test}/3.png": 3,
            }
        ),
        progress=False,
    )
    assert {split: found.ids for split, found in splits.items()} == {
        "train": [f"{train}/1"],
        "validation": [f"{valid}/2"],
        "test": [f"{test}/3"],
    }


def test_splits_stand_in_the_names_of_tables_and_in_columns(put: Write) -> None:
    named = load_dataset(
        put({"train.csv": "image,text\n1.png,a\n", "test.csv": "image,text\n2.png,b\n", "1.png": 1, "2.png": 2})
    )
    assert {split: found.ids for split, found in named.items()} == {"train": ["1"], "test": ["2"]}
    table = "image,text,split\n1.png,a,train\n2.png,b,val\n3.png,c,extra-hard\n4.png,d,\n"
    files: dict[str, str | int] = {"list.csv": table, **{f"{i}.png": i for i in range(1, 6)}}
    column = load_dataset(put(files, "columns"))
    assert {split: found.ids for split, found in column.items()} == {
        "train": ["1"], "validation": ["2"], "extra-hard": ["3"], "unsplit": ["4", "5"],
    }  # fmt: skip


def test_one_table_of_many_can_be_named(put: Write) -> None:
    folder = put({"a.csv": "image,text\n1.png,a\n", "b.csv": "image,text\n2.png,b\n", "1.png": 1, "2.png": 2})
    found = load_dataset(str(folder / "b.csv"), progress=False)["all"]
    assert (found.ids, found.card.key) == (["2"], "photos-b")


def exported(put: Write) -> dict[str, PairedDataset]:
    rows = [
        {
            "image": "1.png",
            "audio": "1.flac",
            "text": ["one", "eins"],
            "answer": ["a"],
            "id": "a.b/c",
            "split": "test",
            "group": "g",
        },
        {
            "image": "2.png",
            "audio": "2.flac",
            "text": ["two"],
            "answer": ["b"],
            "id": "z",
            "split": "train",
            "x": {"y": 1},
        },
    ]
    media: dict[str, str | int] = {f"{i}.{suffix}": i for i in (1, 2) for suffix in ("png", "flac")}
    return load_dataset(put({"list.jsonl": "\n".join(map(json.dumps, rows)), **media}), progress=False)


def test_our_own_parquet_comes_back_exactly(put: Write, tmp_path: Path) -> None:
    before = exported(put)
    for split, found in before.items():
        found.to_parquet(tmp_path / "out" / f"{split}.parquet")
    after = load_dataset(tmp_path / "out", progress=False)
    assert {split: found.fingerprint for split, found in after.items()} == {
        split: found.fingerprint for split, found in before.items()
    }
    assert after["test"].card.modalities == before["test"].card.modalities


def test_our_own_shards_come_back_exactly(put: Write, tmp_path: Path) -> None:
    before = exported(put)
    for found in before.values():
        found.to_webdataset(tmp_path / "out")
    after = load_dataset(tmp_path / "out", progress=False)
    assert {split: found.fingerprint for split, found in after.items()} == {
        split: found.fingerprint for split, found in before.items()
    }
    assert after["test"].card.modalities == before["test"].card.modalities
    assert decode_image(after["test"][0].image, "a.b/c").size == (32, 32)


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def test_strangers_shards_are_read_by_their_fields(
    put: Write, tmp_path: Path, picture: Callable[..., MediaPart]
) -> None:
    data = picture(1).data
    assert data is not None
    (tmp_path / "shards").mkdir()
    with tarfile.open(tmp_path / "shards" / "train-00000-of-00001.tar", "w") as archive:
        add(archive, "000.jpg", data)
        add(archive, "000.txt", b"a cat")
        add(archive, "000.json", json.dumps({"caption": "a cat", "url": "http://x/y.jpg", "width": 3}).encode())
        add(archive, "001.jpg", data)
        add(archive, "001.cls", b"7\n")
        add(archive, "001.npy", b"?")
    found = load_dataset(tmp_path / "shards", "train", progress=False)
    assert captions_of(found) == {"000": ["a cat"], "001": []}
    assert found[0].meta == {"url": "http://x/y.jpg", "width": 3}
    assert (found[1].target, found[1].meta) == ("7", {"unread_fields": ["npy"]})
    assert decode_image(found[0].image, "000").size == (32, 32)


@pytest.mark.parametrize("kind", ["struct", "bytes", "paths"])
def test_strangers_parquet_holds_or_names_its_media(put: Write, picture: Callable[..., MediaPart], kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = put({f"media/{i}.png": i for i in (1, 2)})
    data = [picture(i).data for i in (1, 2)]
    cells: dict[str, list[Any]] = {
        "struct": [{"bytes": one, "path": None} for one in data],
        "bytes": data,
        "paths": ["media/1.png", "media/2.png"],
    }
    pq.write_table(pa.table({"image": cells[kind], "caption": [["a", "b"], ["c"]]}), folder / "data.parquet")
    card = card_of(folder / "data.parquet")
    found = load_dataset(folder / "data.parquet", "all", progress=False)
    assert (card.splits["all"].count, card.modalities) == (2, (Modality.IMAGE, Modality.TEXT))
    assert [texts(sample) for sample in found] == [["a", "b"], ["c"]]
    assert [sample.image.sha256 for sample in found] == [picture(i).sha256 for i in (1, 2)]


def test_a_key_of_the_catalog_wins_over_a_folder_of_its_name(put: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put({"1.png": 1, "1.txt": "one"}, "openmoji")
    monkeypatch.chdir(folder.parent)
    assert get_card("openmoji").toy
    assert get_card("./openmoji").key == "openmoji-own"
    assert get_card(folder).key == "openmoji-own"


@pytest.mark.parametrize(
    ("name", "key"), [("My Photos (2024)", "my-photos-2024"), ("été", "ete"), ("写真", "own-9c3250ff")]
)
def test_a_key_is_made_of_the_folders_name(put: Write, name: str, key: str) -> None:
    card = card_of(put({"1.png": 1, "1.txt": "one"}, name))
    assert (card.key, card.title) == (key, name)
