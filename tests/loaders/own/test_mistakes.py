"""Every mistake in the user's own data ends in one sentence that names it and the next step."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders import card_of, load_dataset

Write = Callable[..., Path]
PICTURES: dict[str, str | bytes | int] = {"1.png": 1, "2.png": 2}


def refused(folder: Path, words: str) -> None:
    with pytest.raises(UserError, match=words):
        card_of(folder)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("image,text\n1.png,a\n3.png,b\n4.png,c\n", r"2 of the files that 3 rows of 'list.csv' name .*'3.png', '4.png'"),
        ("image,text\n../1.png,a\n", "list.csv line 2 names '../1.png', which leads out of the folder"),
        ("image,text\n/etc/passwd,a\n", "which leads out of the folder"),
        ("image,text\nC:\\1.png,a\n", "which leads out of the folder"),
        ("image,text\nhttps://x.org/1.png,a\n", "names the address"),
        ("image,text\n1.png,a,b\n2.png,c\n", r"1 of 2 rows of list.csv cannot be read \(line 2: 3 cells under 2 columns\)"),
        ('image,text\n1.png,"a\n2.png,c\n', "1 of 1 rows of list.csv cannot be read .*unexpected end of data"),
        ("image,text\n1.png," + "a" * 200_000 + "\n", "field larger than field limit"),
        ("image,image\n1.png,a\n", "two columns named 'image'"),
        ("id,image,text\nx,1.png,a\nx,2.png,b\n", r"1 ids of the split 'all' stand for more than one sample \('x'\)"),
        ("image,text\n1.csv,a\n", "list.csv line 2 names '1.csv', which is no picture"),
        ("audio,text\n1.png,a\n", "names '1.png' as audio, but its suffix says image"),
        ("image,text,split\n1.png,a,../x\n", "names the split '../x'"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_right_is_refused(put: Write, table: str, words: str) -> None:
    refused(put({"list.csv": table, "1.csv": "x,y\n1,2\n", **PICTURES}), words)


def test_a_table_none_of_whose_columns_names_files_is_refused_where_nothing_else_says_what_the_media_are(
    put: Write,
) -> None:
    refused(
        put({"x.csv": "a,b\n1.png,a\n", **PICTURES}), "x.csv has the columns 'a', 'b', and none is known to name files"
    )
    refused(put({"captions.csv": "a,b\n1.png,a\n", "1.txt": "x", **PICTURES}, "usual"), "none is known to name files")
    folder = put({"statistics.csv": "a,b\n1,2\n", "1.txt": "x", **PICTURES}, "beside")
    assert card_of(folder).known_issues[0].count == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "cannot be read .line 2: "),
        ("[1]", "line 2: not a JSON object"),
        ('{"image": "2.png", "text": NaN}', "line 2: NaN is not JSON"),
        ('{"image": 5, "text": "x"}', "list.jsonl line 2 holds a int where the name of a file should be"),
        ('{"image": "2.png", "text": {"a": 1}}', "line 2 holds a dict where a text should be"),
        ('{"image": "2.png", "text": "\\ud800"}', "half of a surrogate pair"),
        ('{"image": "2.png", "text": "' + "a" * 1_000_001 + '"}', "a text of 1,000,001 characters"),
    ],
)
def test_a_line_of_json_that_cannot_be_right_is_refused(put: Write, line: str, words: str) -> None:
    refused(put({"list.jsonl": '{"image": "1.png", "text": "a"}\n' + line + "\n", **PICTURES}), words)


def test_a_file_in_another_encoding_is_named_with_the_byte(put: Write) -> None:
    table = "image,text\n1.png,caf\u00e9\n".encode("latin-1")
    refused(put({"list.csv": table, **PICTURES}), "list.csv is not UTF-8: byte 20 is 0xe9")
    refused(put({"1.txt": b"caf\xe9", **PICTURES}, "beside"), "1.txt is not UTF-8: byte 3 is 0xe9")
    refused(put({"list.csv": "image,text\n1.png,a\n".encode("utf-16"), **PICTURES}, "wide"), "byte 0 is 0xff")


def test_a_name_that_fits_several_files_is_refused(put: Write) -> None:
    folder = put({"list.csv": "image,text\n1.png,a\n", "x/1.png": 1, "y/1.png": 2})
    refused(folder, "list.csv line 2 names '1.png', which fits 'x/1.png', 'y/1.png'")


def test_a_text_without_its_picture_and_one_for_two_pictures_are_refused(put: Write) -> None:
    refused(
        put({"1.png": 1, "1.txt": "a", "2.txt": "b"}),
        r"1 of 2 texts have no picture or sound of their name \('2.txt'\)",
    )
    refused(
        put({"1.png": 1, "1.jpg": 2, "1.txt": "a"}, "two"), "1.txt captions '1.jpg', '1.png', and nothing says which"
    )


def test_media_outside_the_split_folders_are_refused(put: Write) -> None:
    folder = put({"train/1.png": 1, "test/2.png": 2, "3.png": 3, "more/4.png": 4})
    refused(folder, r"2 pictures or sounds lie outside the split folders 'test', 'train' \('3.png', 'more/4.png'\)")
    refused(put({"val/1.png": 1, "dev/2.png": 2}, "both"), "are both the split 'validation'")


def test_links_lead_nowhere_else(put: Write, tmp_path: Path) -> None:
    put({"secret.png": 9}, "elsewhere")
    folder = put({"1.png": 1, "1.txt": "a"})
    (folder / "inside.png").symlink_to("1.png")
    assert card_of(folder).splits["all"].count == 2
    (folder / "2.png").symlink_to(tmp_path / "elsewhere" / "secret.png")
    refused(folder, "2.png is a link that leads out of the folder")
    (folder / "2.png").unlink()
    (folder / "3.png").symlink_to(tmp_path / "nothing")
    refused(folder, "3.png is a link to nothing")


def test_folders_that_hold_nothing_known_and_places_that_are_not_there(put: Write) -> None:
    refused(put({"notes.md": "x"}), "holds no data that is known: expected are pictures or sounds")
    refused(put({"x.csv": "image,text\n"}, "empty"), "holds no samples")
    refused(Path("nowhere/at/all"), "There is no folder or file 'nowhere/at/all'")
    refused(put({"1.png": 1}, "one") / "1.png", "1.png is no table, Parquet file or tar")
    with pytest.raises(UserError, match="There is no dataset named 'photoz'"):
        load_dataset("photoz")
    with pytest.raises(UserError, match="A int is no dataset"):
        card_of(5)


def test_roles_that_make_no_sense_are_refused(put: Write) -> None:
    folder = put({"x.csv": "image,text\n1.png,a\n", **PICTURES})
    with pytest.raises(UserError, match="There is no role 'colour' for a column"):
        card_of(folder, columns={"text": "colour"})


def test_damaged_archives_are_refused(put: Write) -> None:
    refused(put({"x.parquet": b"PAR1 not really"}), "x.parquet cannot be read as Parquet")
    refused(put({"x.tar": b"\0" * 700}, "tar"), "x.tar is cut")
