"""Upstream files become rows only where they are what the card declares; `datasets` itself writes the reference files."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.tables import Column, media_type, read_rows
from mmbench.samples import MediaPart, Modality

TEXT = {"text": Column("string")}


def rows(path: Path, **columns: Column) -> list[dict[str, Any]]:
    return [dict(row) for row in read_rows([path], columns)]


def parquet(path: Path, table: dict[str, list[Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(table), path)
    return path


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_a_file_of_datasets_is_read_as_it_was_written(tmp_path: Path, picture: Callable[..., MediaPart]) -> None:
    import datasets

    image = picture(1).data
    features = datasets.Features(
        {
            "image": datasets.Image(decode=False),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "answers": datasets.Sequence(datasets.Value("string")),
            "score": datasets.Value("float32"),
        }
    )
    made = {
        "image": [{"bytes": image, "path": "sub/a.png"}],
        "label": [1],
        "answers": [["yes", "no"]],
        "score": [0.5],
    }
    datasets.Dataset.from_dict(made, features=features).to_parquet(tmp_path / "x.parquet")
    (row,) = rows(
        tmp_path / "x.parquet",
        image=Column("image"),
        label=Column("label"),
        answers=Column("strings"),
        score=Column("number"),
    )
    assert (row["image"].data, row["image"].media_type) == (image, "image/png")
    assert (row["label"], row["answers"], row["score"]) == ("dog", ["yes", "no"], 0.5)
    assert row["image.path"] == "sub/a.png"


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "json", "csv", "tsv", "tar"])
def test_every_format_gives_the_same_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    table = [{"text": "Tür, „auf“", "n": 3}, {"text": "zu", "n": 4}]
    if suffix == "parquet":
        parquet(path, {"text": [row["text"] for row in table], "n": [3, 4]})
    elif suffix == "tar":
        tar(path, {f"{i}.{name}": str(row[name]).encode() for i, row in enumerate(table) for name in ("text", "n")})
    elif suffix in ("csv", "tsv"):
        mark = "," if suffix == "csv" else "\t"
        written(path, f"n{mark}text\n" + "".join(f'{row["n"]}{mark}"{row["text"]}"\n' for row in table))
    else:
        lines = "\n".join(json.dumps(row) for row in table)
        written(path, lines if suffix == "jsonl" else json.dumps(table))
    assert rows(path, text=Column("string"), n=Column("integer")) == table


def test_an_object_of_objects_names_its_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", '{"a": {"text": "one"}, "b": {"text": "two"}}')
    assert [row["__key__"] for row in rows(path, __key__=Column("string"), **TEXT)] == ["a", "b"]


def test_a_field_inside_objects_is_a_column(tmp_path: Path) -> None:
    path = written(tmp_path / "x.jsonl", '{"answers": [{"answer": "yes", "by": 1}, {"answer": "no", "by": 2}]}')
    column = Column("strings", within="answers")
    assert rows(path, answer=column) == [{"answer": ["yes", "no"]}]
    with pytest.raises(UserError, match="has no field 'reply': the upstream changed its schema"):
        rows(path, reply=column)


def test_other_spellings_and_absent_optional_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", {"_id": ["a"]})
    found = rows(path, id=Column("string", other_names=("_id",)), hint=Column("string", optional=True))
    assert found == [{"id": "a", "hint": None}]


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        (
            {"question": ["a"]},
            Column("string"),
            r"no column 'text' \(it has question\): the upstream changed its schema",
        ),
        ({"text": [1]}, Column("string"), r"x\.parquet, row 0, text: int 1 where the card expects a string"),
        ({"text": ["a", None]}, Column("string"), "row 1, text: there is no value, which the card does not expect"),
        ({"text": ["a"]}, Column("integer"), "str 'a' where the card expects a integer"),
        ({"text": [True]}, Column("integer"), "bool True where the card expects a integer"),
        ({"text": ["a"]}, Column("strings"), "str 'a' where the card expects a list of strings"),
        ({"text": [{"bytes": None, "path": "a.png"}]}, Column("image"), "expects the bytes of one image file"),
    ],
)
def test_rows_that_are_not_as_declared_are_refused(
    tmp_path: Path, table: dict[str, list[Any]], column: Column, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        rows(parquet(tmp_path / "x.parquet", table), text=column)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.parquet", b"PAR1 and no more", r"x\.parquet is no whole Parquet file"),
        ("x.parquet", b"", r"x\.parquet is no whole Parquet file"),
        ("x.jsonl", b'{"text": "a"}\n{"text": \n', r"x\.jsonl, row 1: no JSON"),
        ("x.jsonl", b'["a"]\n', "holds list where rows with named values were expected"),
        ("x.json", b'{"info": 1, "rows": []}', "holds .* where rows with named values were expected"),
        ("x.csv", b"text\ncaf\xe9\n", r"x\.csv holds text that is not UTF-8"),
        ("x.jsonl", b'{"text": "caf\xe9"}\n', r"x\.jsonl, row 0: no JSON"),
        ("x.csv", b"text\n" + b"a" * 200_000, r"x\.csv, line [12]: no CSV \(field larger than field limit"),
        ("x.arrow", b"", "of no format that can be read here"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        rows(written(tmp_path / name, data), **TEXT)


def test_a_parquet_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", {"text": [f"row {n}" for n in range(5000)]})
    written(path, path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"x\.parquet is no whole Parquet file"):
        rows(path, **TEXT)


def test_a_number_that_does_not_parse_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'three' where the card expects a integer"):
        rows(written(tmp_path / "x.csv", "n\nthree\n"), n=Column("integer"))


def test_media_in_a_tar_stay_where_they_are(tmp_path: Path, picture: Callable[..., MediaPart]) -> None:
    from mmbench.media import decode_image

    data = picture(3).data or b""
    path = tar(tmp_path / "x.tar", {"a.jpg": data, "a.txt": b"one\ntwo"})
    (row,) = rows(path, __key__=Column("string"), jpg=Column("image"), txt=Column("string"))
    part = row["jpg"]
    assert (part.data, part.path, part.length, part.media_type) == (None, str(path), len(data), "image/png")
    assert decode_image(part, "a").size == (32, 32)
    assert row["__key__"] == "a"


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt"])
def test_a_hostile_tar_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        rows(tar(tmp_path / "x.tar", {name: b"x"}), txt=Column("string"))


def test_a_sample_without_its_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="row 0, jpg: there is no value"):
        rows(tar(tmp_path / "x.tar", {"a.txt": b"x"}), jpg=Column("image"), txt=Column("string"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBP", "image/webp"),
        (b"<html>", "image/unknown"),
    ],
)
def test_the_first_bytes_say_the_type(data: bytes, kind: str) -> None:
    assert media_type(data, Modality.IMAGE) == kind


def test_the_twelfth_byte_tells_wav_from_webp() -> None:
    assert media_type(b"RIFF1234WAVEfmt ", Modality.AUDIO) == "audio/wav"
    assert media_type(b"OggS", Modality.AUDIO) == "audio/ogg"
