"""The user's data is identified by what it holds: not by where it lies, and by every byte of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.loaders import load_dataset
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.own import hashes
from mmbench.loaders.own.hashes import Hashes
from mmbench.media import decode_image

Write = Callable[..., Path]


def whole(folder: Path) -> PairedDataset:
    return load_dataset(folder, "all", progress=False)


@pytest.fixture
def folder(put: Write) -> Path:
    return put({"1.png": 1, "1.txt": "one", "2.png": 2, "2.txt": "two"})


def test_a_folder_that_moved_is_the_same_data_and_reads_from_its_new_place(folder: Path, tmp_path: Path) -> None:
    before = whole(folder).facts
    shutil.move(folder, tmp_path / "away" / "photos")
    after = whole(tmp_path / "away" / "photos")
    assert after.facts == before
    assert decode_image(after[0].image, "1").size == (32, 32)
    assert str(tmp_path) not in str(after.facts)
    with pytest.raises(UserError, match="There is no folder or file"):
        whole(folder)


@pytest.mark.parametrize("name", ["1.png", "2.txt"])
def test_any_byte_changes_it(folder: Path, name: str) -> None:
    before = whole(folder)
    path = folder / name
    path.write_bytes(path.read_bytes() + b"!")
    after = whole(folder)
    assert (after.fingerprint, after.revision) != (before.fingerprint, before.revision)
    assert after.fingerprint != before.fingerprint


def test_a_file_that_is_no_part_of_the_data_does_not_change_it(folder: Path) -> None:
    before = whole(folder).facts
    (folder / "notes.md").write_text("mine")
    (folder / ".hidden.png").write_bytes(b"")
    assert whole(folder).facts == before


def test_an_untouched_file_is_hashed_once_and_a_touched_one_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(path: Path) -> str:
        read.append(path.name)
        return file_sha256(path)

    monkeypatch.setattr(hashes, "file_sha256", reading)
    monkeypatch.setattr(hashes, "SETTLED", -1)  # as if the files were old
    first = Hashes(folder)
    expected = first.of(folder / "1.png")
    first.save()
    assert Hashes(folder).of(folder / "1.png") == expected
    assert read == ["1.png"]
    os.utime(folder / "1.png", (1, 1))
    assert Hashes(folder).of(folder / "1.png") == expected
    assert read == ["1.png", "1.png"]


def test_a_file_that_changed_a_moment_ago_is_not_remembered(folder: Path) -> None:
    (folder / "1.png").write_bytes(b"now")
    first = Hashes(folder)
    first.of(folder / "1.png")
    first.save()
    (folder / "1.png").write_bytes(b"new")
    assert Hashes(folder).of(folder / "1.png") == "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"
