"""Many files: what is there is used without a request, what is missing is fetched once, and the disk's troubles are sentences."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.hub import RemoteFile, Snapshot, disk, fetch, manifest, present, tree
from mmbench.loaders.hub.layout import place
from tests.hub import LocalHub

REPO = "org/set"
FILES = {f"data/{number}.bin": bytes([number]) * (9_000 + 500 * number) for number in range(8)}
ROOT = Path(__file__).parents[3]
CHILD = """
import sys
from pathlib import Path
from mmbench.loaders.hub import fetch, tree
sha, cache = sys.argv[1], Path(sys.argv[2])
fetch("org/set", sha, tree("org/set", sha, cache=cache), cache=cache, workers=2)
"""


@pytest.fixture
def sha(hub: LocalHub) -> str:
    return hub.commit(REPO, FILES)


def take(sha: str, cache: Path, **options: Any) -> Snapshot:
    return fetch(REPO, sha, tree(REPO, sha, cache=cache), cache=cache, **options)


def assert_right(snapshot: Snapshot) -> None:
    assert {path: (snapshot.folder / path).read_bytes() for path in snapshot.files} == FILES
    assert {path.name for path in snapshot.folder.parent.iterdir()} == {"files", "tree.json", "manifest.json"}


def child(sha: str, cache: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", CHILD, sha, cache], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_second_call_makes_no_request(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    assert_right(take(sha, tmp_path))
    hub.log.clear()
    assert_right(take(sha, tmp_path))
    assert hub.log == []


def test_each_file_is_asked_for_once(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    take(sha, tmp_path, workers=4)
    assert sorted(request.path.rsplit("/", 1)[1] for request in hub.requests("/resolve/")) == sorted(
        path.rsplit("/", 1)[1] for path in FILES
    )


def test_present_says_what_is_verified_without_a_request(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    wanted = tree(REPO, sha, cache=tmp_path)
    assert not present(REPO, sha, wanted, cache=tmp_path)
    fetch(REPO, sha, wanted[:3], cache=tmp_path)
    hub.log.clear()
    assert present(REPO, sha, wanted[:3], cache=tmp_path)
    assert not present(REPO, sha, wanted, cache=tmp_path)
    (tmp_path / "hub" / "org--set" / sha / "files" / wanted[1].path).write_bytes(b"x")
    assert not present(REPO, sha, wanted[:3], cache=tmp_path)
    assert hub.log == []


def test_a_touched_file_is_read_again_and_a_changed_one_fetched_again(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    folder = take(sha, tmp_path).folder
    os.utime(folder / "data/0.bin", (1, 1))
    changed = bytearray(FILES["data/1.bin"])
    changed[4000] ^= 1  # of the same size
    (folder / "data/1.bin").write_bytes(changed)
    (folder / "data/2.bin").unlink()
    hub.log.clear()
    assert_right(take(sha, tmp_path))
    assert sorted(request.path[-5:] for request in hub.requests("/resolve/")) == ["1.bin", "2.bin"]


@pytest.mark.parametrize("damage", ["", "[]", '{"files": {"data/0.bin": 3}}', "gone"])
def test_without_its_manifest_the_files_are_hashed_and_not_fetched(
    damage: str, hub: LocalHub, sha: str, tmp_path: Path
) -> None:
    path = take(sha, tmp_path).folder.parent / "manifest.json"
    before = json.loads(path.read_text())
    path.unlink() if damage == "gone" else path.write_text(damage)
    hub.log.clear()
    assert_right(take(sha, tmp_path))
    assert hub.log == []
    assert json.loads(path.read_text()) == before


def test_the_manifest_is_written_while_files_arrive(
    hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "SAVE_EVERY", 0.0)
    hub.fault("data/7.bin", "status", status=503)
    with pytest.raises(UserError, match="data/7.bin"):
        take(sha, tmp_path, workers=1)
    stored = json.loads(place(REPO, sha, tmp_path).manifest.read_text())
    assert set(stored["files"]) == set(FILES) - {"data/7.bin"}
    hub.clear()
    assert_right(take(sha, tmp_path))
    assert {request.path.rpartition("/")[2] for request in hub.requests("/resolve/")} == {"7.bin"}


def test_offline_uses_what_is_there_and_names_what_is_not(
    hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = take(sha, tmp_path).folder
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.log.clear()
    assert_right(take(sha, tmp_path))
    (folder / "data/3.bin").unlink()
    with pytest.raises(UserError, match="data/3.bin of org/set .* is not downloaded yet and HF_HUB_OFFLINE is set"):
        take(sha, tmp_path)
    assert hub.log == []


def test_the_first_failure_ends_the_others(hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, {f"{number:03}.txt": b"x" for number in range(200)})
    hub.fault("000.txt", "status", status=404)
    with pytest.raises(UserError, match="000.txt"):
        take(sha, tmp_path, workers=1)
    assert len(hub.requests("/resolve/")) < 200


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_ends_early_is_continued_by_the_next(
    end: signal.Signals, hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "4")  # the signal comes before the first process tries again
    content = os.urandom(400_000)
    sha = hub.commit(REPO, {"big.bin": content, "done.bin": b"d" * 20_000})
    stall = hub.fault("big.bin", "stall", at=250_000, times=1)
    where = place(REPO, sha, tmp_path)
    never = threading.Event()
    with child(sha, tmp_path) as process:
        while not (_size(where.part("big.bin")) == 250_000 and (where.files / "done.bin").exists()):
            assert process.poll() is None
            never.wait(0.02)
        process.send_signal(end)
        _, said = process.communicate(timeout=60)
        assert process.returncode != 0
        assert end == signal.SIGKILL or said.rstrip().endswith("KeyboardInterrupt")
    hub.log.clear()
    with child(sha, tmp_path) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert stall.hits == 1
    (request,) = hub.requests("/cdn/")
    assert (request.range, request.status, request.sent) == ("bytes=250000-", 206, 150_000)
    assert (where.files / "big.bin").read_bytes() == content
    assert {path.name for path in where.folder.iterdir()} == {"files", "tree.json", "manifest.json"}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_two_processes_fetch_each_file_once(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    tree(REPO, sha, cache=tmp_path)
    with child(sha, tmp_path) as first, child(sha, tmp_path) as second:
        for process in (first, second):
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
    assert len(hub.requests("/resolve/")) == len(FILES)
    assert_right(take(sha, tmp_path))


def test_a_lock_whose_file_was_removed_is_not_shared(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(10):
            with disk.locked(tmp_path):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 40
    assert not list(tmp_path.iterdir())


def _failing(code: int) -> Callable[..., Any]:
    def fail(*args: Any, **options: Any) -> Any:
        raise OSError(code, os.strerror(code), "somewhere")

    return fail


def test_a_full_disk_leaves_nothing_wrong(
    hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _failing(errno.ENOSPC))
        with pytest.raises(UserError, match=f"disk of {tmp_path} is full: .* MMBENCH_CACHE"):
            take(sha, tmp_path)
    assert not list(tmp_path.rglob("*.bin"))
    assert_right(take(sha, tmp_path))


def test_too_little_room_is_said_before_the_first_byte(
    hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 50_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(UserError, match="org/set needs 86.0 kB more and 50.0 kB are free at"):
        take(sha, tmp_path)
    assert not hub.requests("/resolve/")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_cache_that_cannot_be_written_is_named(
    code: int, hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tree(REPO, sha)
    monkeypatch.setattr(Path, "mkdir", _failing(code))
    with pytest.raises(UserError, match=f"cache {tmp_path} cannot be written .* MMBENCH_CACHE"):
        fetch(REPO, sha, wanted, cache=tmp_path)


def test_a_file_in_the_place_of_the_cache_is_named(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("a file")
    with pytest.raises(UserError, match="cannot be written .* MMBENCH_CACHE"):
        tree(REPO, sha, cache=tmp_path)


def test_a_closed_cache_with_everything_in_it_is_read(
    hub: LocalHub, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = take(sha, tmp_path).folder
    os.utime(folder / "data/0.bin", (1, 1))  # as after a copy
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(Path, "mkdir", _failing(errno.EROFS))
    assert_right(take(sha, tmp_path))


def test_two_names_that_the_disk_takes_for_one_are_noticed(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = hub.commit(REPO, {"a.txt": b"lower", "A.txt": b"the upper"})
    real = Path.replace

    def fold(self: Path, target: Path) -> Path:
        return real(self, target.with_name(target.name.lower()) if target.suffix == ".txt" else target)

    monkeypatch.setattr(Path, "replace", fold)
    with pytest.raises(UserError, match="takes two of its file names for one|disk failed at"):
        take(sha, tmp_path, workers=1)


def test_a_bar_counts_bytes_where_there_is_a_terminal(
    hub: LocalHub, sha: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    take(sha, tmp_path / "quiet", progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    hub.fault("data/3.bin", "bit", times=1)
    take(sha, tmp_path / "loud", progress=True)
    assert "downloading org/set (86.0 kB)" in capsys.readouterr().err


def test_nothing_wanted_needs_nothing(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    nothing: list[RemoteFile] = []
    assert fetch(REPO, sha, nothing, cache=tmp_path).files == {}
    assert present(REPO, sha, nothing, cache=tmp_path)
    assert not list(tmp_path.glob("hub"))
