"""Where a user's file is looked for, what it is checked against, and what is said when it is not there."""

import hashlib
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.user_files import bring, find_user_file, user_file, was_read

SUM = hashlib.sha256(b"abc").hexdigest()
OTHER = hashlib.sha256(b"abd").hexdigest()
WHERE = "https://example.org/how"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in the cache where files of the dataset ``x`` are looked for last."""
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MMBENCH_FILES", raising=False)
    return tmp_path / "cache" / "files" / "x"


def put(path: Path, data: bytes = b"abc") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_the_users_own_folder_comes_before_the_cache(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = put(files / "a.pkl")
    assert user_file("x", "a.pkl", sha256={SUM}, where=WHERE).path == cached
    monkeypatch.setenv("MMBENCH_FILES", str(tmp_path / "own"))
    assert find_user_file("x", "a.pkl") == cached
    own = put(tmp_path / "own" / "x" / "a.pkl")
    found = user_file("x", "a.pkl", sha256=[OTHER, SUM], where=WHERE)
    assert (found.path, found.sha256, found.verified) == (own, SUM, True)
    assert sorted(path.name for path in own.parent.iterdir()) == [
        "a.pkl"
    ]  # notes lie in the cache, never beside the user's files


def test_a_missing_file_is_said_with_everything_needed_to_bring_it(files: Path) -> None:
    with pytest.raises(UserError) as found:
        user_file("x", "a.pkl", sha256={SUM}, where=WHERE)
    assert str(found.value) == (
        f"x needs the file a.pkl (sha256 {SUM}), which has no public host: {WHERE} says how to get it; then run "
        f"`mmbench download x --from FILE` or put it at {files / 'a.pkl'}."
    )
    with pytest.raises(UserError, match=r"\(no sha256 of it was published\)"):
        user_file("x", "a.pkl", sha256=None, where=WHERE)
    assert not was_read("x", "a.pkl")


def test_another_file_is_named_with_both_sums(files: Path) -> None:
    path = put(files / "a.pkl", b"abd")
    with pytest.raises(
        UserError, match=rf"{path} is not the file that x describes: its sha256 is {OTHER}, expected {SUM}"
    ):
        user_file("x", "a.pkl", sha256={SUM}, where=WHERE)
    found = user_file("x", "a.pkl", sha256=None, where=WHERE)
    assert (found.sha256, found.verified) == (OTHER, False)


def test_a_file_is_hashed_once_until_it_changes(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(files / "a.pkl")
    user_file("x", "a.pkl", sha256={SUM}, where=WHERE)
    with monkeypatch.context() as patch:
        patch.delattr("mmbench.loaders.user_files.file_sha256")
        assert user_file("x", "a.pkl", sha256={SUM}, where=WHERE).sha256 == SUM
    put(path, b"longer")
    with pytest.raises(UserError, match="is not the file"):
        user_file("x", "a.pkl", sha256={SUM}, where=WHERE)


def test_a_file_that_was_read_is_remembered_by_its_sum(files: Path) -> None:
    path = put(files / "a.pkl")
    user_file("x", "a.pkl", sha256={SUM}, where=WHERE)
    path.unlink()
    assert was_read("x", "a.pkl")
    assert user_file("x", "a.pkl", sha256={SUM}, where=WHERE).sha256 == SUM
    with pytest.raises(UserError, match="needs the file"):
        user_file("x", "a.pkl", sha256={OTHER}, where=WHERE)  # the card now asks for another one


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"path": 1}', b"\xff"])
def test_a_damaged_note_is_no_note(files: Path, damage: bytes) -> None:
    put(files / "a.pkl")
    user_file("x", "a.pkl", sha256={SUM}, where=WHERE)
    (files / "a.pkl.found.json").write_bytes(damage)
    assert not was_read("x", "a.pkl")
    assert user_file("x", "a.pkl", sha256={SUM}, where=WHERE).sha256 == SUM
    assert was_read("x", "a.pkl")


def test_bringing_copies_under_the_right_name_and_checks(files: Path, tmp_path: Path) -> None:
    mine = put(tmp_path / "Downloads" / "mine (1).pkl")
    for _ in range(2):
        assert bring("x", mine, name="a.pkl", sha256={SUM}, where=WHERE) == files / "a.pkl"
    assert (
        bring("x", files / "a.pkl", name="a.pkl", sha256={SUM}, where=WHERE).read_bytes() == mine.read_bytes() == b"abc"
    )
    assert user_file("x", "a.pkl", sha256={SUM}, where=WHERE).verified


def test_bringing_the_wrong_file_changes_nothing(files: Path, tmp_path: Path) -> None:
    good, wrong = put(files / "a.pkl"), put(tmp_path / "wrong.pkl", b"abd")
    with pytest.raises(UserError, match=rf"{wrong} is not the file that x describes"):
        bring("x", wrong, name="a.pkl", sha256={SUM}, where=WHERE)
    with pytest.raises(UserError, match=r"gone is no file: name the a\.pkl that you have for x"):
        bring("x", tmp_path / "gone", name="a.pkl", sha256={SUM}, where=WHERE)
    assert [path.name for path in files.iterdir()] == ["a.pkl"]
    assert good.read_bytes() == b"abc"
