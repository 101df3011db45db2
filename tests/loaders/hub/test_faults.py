"""What goes wrong on the way: the right bytes arrive, or a sentence names the file and the cause. Never other bytes."""

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.hub import Patience, RemoteFile, Snapshot, fetch, tree
from mmbench.loaders.hub.layout import place
from mmbench.loaders.hub.retry import TroubleError
from tests.hub import LocalHub
from tests.hub.content import git_sha1

REPO = "org/set"
LARGE = random.Random(1).randbytes(300_000)  # LFS: its body comes from the other origin
SMALL = random.Random(2).randbytes(4_000)  # git: its body comes from the hub itself
FILES = {"data/large.bin": LARGE, "small.txt": SMALL, "empty.txt": b""}
BOTH = pytest.mark.parametrize("path", ["data/large.bin", "small.txt"])


@pytest.fixture
def sha(hub: LocalHub) -> str:
    return hub.commit(REPO, FILES)


def take(sha: str, cache: Path, *paths: str, **options: Any) -> Snapshot:
    """Fetch some files, or all."""
    wanted: Sequence[RemoteFile] = [file for file in tree(REPO, sha, cache=cache) if not paths or file.path in paths]
    return fetch(REPO, sha, wanted, cache=cache, **options)


def assert_right(snapshot: Snapshot) -> None:
    for path, sha256 in snapshot.files.items():
        assert (snapshot.folder / path).read_bytes() == FILES[path]
        assert sha256 == hashlib.sha256(FILES[path]).hexdigest()
    assert leftovers(snapshot.folder.parent) == []


def leftovers(folder: Path) -> list[str]:
    """What a finished download must not leave."""
    return sorted(
        path.name for path in folder.rglob("*") if path.suffix in (".part", ".tmp", ".lock") or "parts" in path.parts
    )


def test_all_files_arrive_as_they_were_committed(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    snapshot = take(sha, tmp_path)
    assert set(snapshot.files) == set(FILES)
    assert (snapshot.repo, snapshot.revision) == (REPO, sha)
    assert snapshot.folder == tmp_path / "hub" / "org--set" / sha / "files"
    assert_right(snapshot)


@BOTH
@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("cut", {"at": 1_500}),
        ("cut", {"at": 0}),
        ("rst", {"at": 1_500}),
        ("stall", {"at": 1_500}),
        ("status", {"status": 503}),
        ("status", {"status": 500}),
        ("status", {"status": 408}),
        ("status", {"status": 429, "headers": {"Retry-After": "7"}}),
        ("corrupt", {}),
        ("bit", {}),
        ("short_body", {"at": 1_500}),
        ("no_length", {"at": 1_500}),
        ("no_length", {}),
        ("html", {}),
        ("gzip", {}),
        ("no_etag", {}),
        ("no_commit", {}),
        ("no_linked_size", {}),
    ],
    ids=str,
)
def test_a_fault_that_passes_ends_in_the_right_bytes(
    kind: str, facts: dict[str, Any], path: str, hub: LocalHub, sha: str, tmp_path: Path
) -> None:
    fault = hub.fault(path, kind, times=1, **facts)
    patience = Patience(timeout=0.3, sleep=lambda seconds: None)
    assert_right(take(sha, tmp_path, path, patience=patience))
    assert fault.hits == 1


@BOTH
@pytest.mark.parametrize(
    ("kind", "facts", "cause"),
    [
        ("cut", {"at": 0}, "attempts in a row without progress"),
        ("rst", {"at": 0}, "ReadError|RemoteProtocolError"),
        ("stall", {"at": 0}, "ReadTimeout"),
        ("status", {"status": 503}, "answered 503"),
        ("status", {"status": 429}, "answered 429"),
        ("short_body", {"at": 1_500}, "1500 bytes where the hub's tree says|ended after"),
        ("html", {}, "a web page came instead"),
        ("corrupt", {}, "other content"),
        ("bit", {}, "other content"),
    ],
    ids=str,
)
def test_a_fault_that_stays_is_an_error_that_names_file_and_cause(
    kind: str, facts: dict[str, Any], cause: str, path: str, hub: LocalHub, sha: str, tmp_path: Path
) -> None:
    hub.fault(path, kind, **facts)
    patience = Patience(attempts=3, timeout=0.2, sleep=lambda seconds: None)
    with pytest.raises(UserError, match=cause) as raised:
        take(sha, tmp_path, path, patience=patience)
    assert path in str(raised.value)
    assert hub.endpoint.removeprefix("http://") in str(raised.value)
    assert not (tmp_path / "hub" / "org--set" / sha / "files" / path).exists()


@BOTH
def test_wrong_content_names_both_hashes_and_leaves_nothing(path: str, hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault(path, "bit")
    listed = {file.path: file for file in tree(REPO, sha, cache=tmp_path)}[path]
    with pytest.raises(UserError, match="a mirror or proxy on the way holds a damaged copy") as raised:
        take(sha, tmp_path, path)
    assert (listed.sha256 or listed.git_sha1) in str(raised.value)
    spoiled = bytearray(FILES[path])
    spoiled[len(spoiled) // 2] ^= 1
    found = hashlib.sha256(spoiled).hexdigest() if listed.sha256 else git_sha1(bytes(spoiled))
    assert found in str(raised.value)
    assert not list((tmp_path / "hub").rglob("*.part"))


@pytest.mark.parametrize("at", [1_500, 150_000])
def test_a_cut_file_is_continued_by_a_range(at: int, hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=at, times=1)
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert [request.range for request in hub.requests("/cdn/")] == [None, f"bytes={at}-"]


def test_other_bytes_in_the_continued_range_are_found_and_the_file_is_fetched_anew(
    hub: LocalHub, sha: str, tmp_path: Path
) -> None:
    hub.fault("data/large.bin", "cut", at=100_000, times=1)
    hub.fault("data/large.bin", "wrong_resume", times=1)
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert [request.range for request in hub.requests("/cdn/")] == [None, "bytes=100000-", None]


def test_a_range_that_was_not_asked_for_is_thrown_away(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=100_000, times=1)
    hub.fault("data/large.bin", "other_range", times=1)
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert [request.range for request in hub.requests("/cdn/")] == [None, "bytes=100000-", None]


def test_a_server_that_ignores_ranges_gives_the_whole_again(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=100_000, times=1)
    hub.fault("data/large.bin", "ignore_range")
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert [request.status for request in hub.requests("/cdn/")] == [200, 200]


def test_a_server_that_cuts_and_ignores_ranges_is_given_up(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=100_000, ignores_range=True)
    with pytest.raises(UserError, match="data/large.bin .* without progress"):
        take(sha, tmp_path, "data/large.bin")
    assert len(hub.requests("/cdn/")) == 6  # only the first brought new bytes


def test_a_slow_file_that_advances_is_never_given_up(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=15_000)  # twenty cuts, two attempts
    assert_right(
        take(sha, tmp_path, "data/large.bin", patience=Patience(attempts=2, timeout=1.0, sleep=lambda s: None))
    )
    assert len(hub.requests("/cdn/")) == 20


@pytest.mark.parametrize("content", [LARGE + b"more", b"x" * len(LARGE), b"foreign"], ids=["longer", "other", "short"])
def test_a_part_that_is_not_of_the_file_is_thrown_away(content: bytes, hub: LocalHub, sha: str, tmp_path: Path) -> None:
    part = place(REPO, sha, tmp_path).part("data/large.bin")
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    assert_right(take(sha, tmp_path, "data/large.bin"))


def test_a_whole_part_needs_no_request_for_its_content(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    part = place(REPO, sha, tmp_path).part("data/large.bin")
    part.parent.mkdir(parents=True)
    part.write_bytes(LARGE)
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert not hub.requests("large")


def test_a_range_past_the_end_starts_anew(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    hub.fault("data/large.bin", "cut", at=100_000, times=1)
    hub.fault("data/large.bin", "short_body", at=50_000, times=1)  # its range from 100,000 on is answered by 416
    assert_right(take(sha, tmp_path, "data/large.bin"))
    assert [request.status for request in hub.requests("/cdn/")] == [200, 416, 200]


def test_a_server_that_asks_for_time_gets_it_within_reason(hub: LocalHub, sha: str, tmp_path: Path) -> None:
    waits: list[float] = []
    patience = Patience(timeout=1.0, sleep=waits.append)
    for asked in ("7", "100000", "Thu, 01 Jan 1970 00:00:00 GMT", "soon"):
        hub.fault("small.txt", "status", status=429, headers={"Retry-After": asked}, times=1)
    hub.fault("small.txt", "status", status=429, headers={"RateLimit": '"resolvers";r=0;t=55'}, times=1)
    assert_right(take(sha, tmp_path, "small.txt", patience=patience))
    assert waits[0] == 7
    assert waits[1] == 300
    assert waits[2] <= 4
    assert waits[3] <= 8
    assert waits[4] == 55


def test_waits_double_up_to_a_limit() -> None:
    patience = Patience(base=1.0, longest=30.0)
    for failures, longest in ((1, 1.0), (3, 4.0), (5, 16.0), (9, 30.0)):
        delays = [patience.delay(failures, TroubleError("")) for _ in range(50)]
        assert longest / 2 <= min(delays) <= max(delays) <= longest
