"""mmbench.lock: a commit once written stays, and a damaged or unwritable file is said."""

from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.lock import lock, locked

FIRST, SECOND = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMBENCH_LOCK", str(tmp_path / "deep" / "mmbench.lock"))
    return tmp_path / "deep" / "mmbench.lock"


def test_the_first_commit_stays(file: Path) -> None:
    assert locked("me/set") is None
    assert lock("me/set", FIRST, "main", "2026-11-24") == FIRST
    assert lock("me/set", SECOND, "main", "2026-11-25") == FIRST
    assert lock("me/other", SECOND, "main", "2026-11-25") == SECOND
    assert (locked("me/set"), locked("me/other")) == (FIRST, SECOND)


def test_the_current_folder_holds_it_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMBENCH_LOCK")
    monkeypatch.chdir(tmp_path)
    lock("me/set", FIRST, "main", "2026-11-24")
    assert (tmp_path / "mmbench.lock").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"datasets": {"me/set": {"revision": "main"}}}', '{"datasets": 3}'])
def test_a_damaged_lock_is_said(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(UserError, match=r"mmbench\.lock is damaged"):
        locked("me/set")


def test_a_lock_that_cannot_be_written_is_said(file: Path) -> None:
    file.parent.write_text("a file in the folder's place")
    with pytest.raises(UserError, match="set MMBENCH_LOCK to a file that you can write"):
        lock("me/set", FIRST, "main", "2026-11-24")
