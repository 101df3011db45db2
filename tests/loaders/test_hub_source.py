"""A card over the hub on loopback: one commit, one split, verified files, clear ends; nothing is asked twice."""

import dataclasses
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.files import read_json
from mmbench.loaders import DatasetCard, get_card
from mmbench.loaders.cache import is_built, open_splits
from mmbench.loaders.cards import SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.twins import twin_files
from mmbench.loaders.unknown import Unknown
from tests.hub.server import LocalHub

REPO = "me/set"
UNKNOWN = Unknown(reason="a test")
SPLITS = ("train", "test")
COLUMNS = {"image": Column("image"), "question": Column("string"), "answer": Column("string", values=("yes", "no"))}
SOURCE = HubSource(
    REPO, UNKNOWN, {"rows": Table(COLUMNS)}, records("image", "question", target="answer", group="image")
)


@pytest.fixture(autouse=True)
def own_cache(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MMBENCH_LOCK", str(tmp_path / "mmbench.lock"))
    return tmp_path / "cache"


def card(sha: str | None = None, count: int | None = None, **source: Any) -> DatasetCard:
    real = get_card("chartqa")
    facts = SplitFacts(count=UNKNOWN if count is None else count, protocol="a test")
    changed = dataclasses.replace(SOURCE, revision=UNKNOWN if sha is None else sha, **source)
    return real.model_copy(update={"key": "set", "source": changed, "splits": dict.fromkeys(SPLITS, facts)})


def files(rows: int = 8) -> dict[str, bytes]:
    return twin_files(SOURCE, list(SPLITS), rows=rows)


def commit(hub: LocalHub, content: dict[str, bytes] | None = None) -> str:
    return hub.commit(REPO, dict(files() if content is None else content))


def test_a_pinned_commit_is_what_is_read(hub: LocalHub) -> None:
    first = commit(hub)
    commit(hub, files(rows=5))
    split = open_splits(card(first), ["test"])["test"]
    assert (len(split), split.evidence, split.revision) == (8, "transport-verified", f"{REPO}@{first}")


def test_only_the_files_of_the_split_are_fetched(hub: LocalHub) -> None:
    open_splits(card(commit(hub)), ["test"])
    fetched = {request.path for request in hub.requests("/resolve/")}
    assert any("data/test-" in path for path in fetched)
    assert not any("data/train-" in path for path in fetched)


def test_a_second_open_asks_nothing(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = commit(hub)
    first = open_splits(card(sha), ["test"])["test"]
    hub.clear()
    assert open_splits(card(sha), ["test"])["test"].fingerprint == first.fingerprint
    assert is_built(card(sha), "test")
    assert not is_built(card(sha), "train")
    assert hub.requests() == []
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert open_splits(card(sha), ["test"])["test"].fingerprint == first.fingerprint
    with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
        open_splits(card(sha), ["train"])


def test_an_unpinned_set_is_resolved_once_and_locked(hub: LocalHub, tmp_path: Path) -> None:
    first = commit(hub)
    locked = open_splits(card(), ["test"])["test"]
    assert (locked.evidence, locked.revision) == ("locked", f"{REPO}@{first}")
    commit(hub, files(rows=5))  # main moves on
    assert len(open_splits(card(), ["train"])["train"]) == 8
    assert read_json(tmp_path / "mmbench.lock")["datasets"][REPO]["revision"] == first


def test_a_second_open_of_an_unpinned_set_asks_nothing(hub: LocalHub) -> None:
    commit(hub)
    first = open_splits(card(), ["test"])["test"]
    commit(hub, files(rows=5))
    hub.clear()
    again = open_splits(card(), ["test"])["test"]
    assert (again.revision, again.fingerprint, again.evidence) == (first.revision, first.fingerprint, "locked")
    assert hub.requests() == []


@pytest.mark.parametrize("kept", ["everything", "the list of files"])
def test_what_was_refused_is_not_built_and_nobody_is_asked_again(hub: LocalHub, kept: str, own_cache: Path) -> None:
    content = files() if kept == "the list of files" else {"rows.parquet": b"PAR1", "README.md": b"nothing"}
    sha = commit(hub, content)
    hub.repo(REPO).gated = kept == "the list of files"  # the README, which names the split's files, is refused too
    with pytest.raises(UserError):
        open_splits(card(sha), ["test"])
    assert list(own_cache.rglob("tree.json"))
    hub.clear()
    assert not is_built(card(sha), "test")
    assert hub.requests() == []


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda hub, sha: "f" * 40, r"me/set has no such revision"),
        (lambda hub, sha: hub.repos.clear() or sha, r"me/set"),
    ],
    ids=["revision", "repository"],
)
def test_what_is_not_there_is_named(hub: LocalHub, prepare: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        open_splits(card(prepare(hub, commit(hub))), ["test"])


def test_a_gated_set_names_the_page_to_ask_at(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = commit(hub)
    repo = hub.repo(REPO)
    repo.gated = True
    repo.allowed.add("hf_good")
    with pytest.raises(UserError, match=rf"{hub.endpoint}/datasets/{REPO}"):
        open_splits(card(sha), ["test"])
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert len(open_splits(card(sha), ["test"])["test"]) == 8


def test_a_changed_schema_is_named(hub: LocalHub) -> None:
    renamed = dataclasses.replace(SOURCE, tables={"rows": Table({**COLUMNS, "reply": Column("string")})})
    sha = commit(hub)
    with pytest.raises(UserError, match=r"no column 'reply' \(it has image, question, answer\): the upstream changed"):
        open_splits(card(sha, tables=renamed.tables), ["test"])


def test_a_changed_layout_is_named(hub: LocalHub) -> None:
    sha = commit(hub, {"rows.parquet": next(iter(files().values())), "README.md": b"nothing"})
    with pytest.raises(
        UserError, match=r"me/set has no data files for split 'test': .* \(its data files: rows\.parquet\)"
    ):
        open_splits(card(sha), ["test"])


def test_another_count_is_refused_and_leaves_nothing_that_opens(hub: LocalHub) -> None:
    wrong = card(commit(hub), count=9)
    for _ in range(2):
        with pytest.raises(UserError, match="set test came out with 8 samples where its card says 9"):
            open_splits(wrong, ["test"])
    assert not is_built(wrong, "test")


def test_a_flipped_bit_is_fetched_again(hub: LocalHub) -> None:
    sha = commit(hub)
    clean = open_splits(card(sha), ["test"])["test"].fingerprint
    other = commit(hub, {**files(), "more.txt": b"1"})
    fault = hub.fault("*test-00000*", "bit", times=1)
    assert open_splits(card(other), ["test"])["test"].fingerprint == clean
    assert fault.hits == 1


def test_a_file_damaged_before_the_build_is_fetched_again(hub: LocalHub, own_cache: Path) -> None:
    sha = commit(hub)
    source = card(sha).source.for_split("test")
    assert isinstance(source, HubSource)
    assert sum(source.missing().values()) > 0
    source.fetch()
    assert source.missing() == {}
    (raw,) = own_cache.rglob("test-*.parquet")
    raw.write_bytes(b"PAR1 something else")
    assert len(open_splits(card(sha), ["test"])["test"]) == 8


def test_raw_files_can_go_once_the_rows_are_built(hub: LocalHub, own_cache: Path) -> None:
    sha = commit(hub)
    before = open_splits(card(sha), ["test"])["test"].fingerprint
    source = card(sha).source.for_split("test")
    assert isinstance(source, HubSource)
    assert source.drop() > 0
    hub.clear()
    assert open_splits(card(sha), ["test"])["test"].fingerprint == before
    assert hub.requests() == []
    assert not list(own_cache.rglob("test-*.parquet"))


def test_tars_stay_because_rows_refer_to_them(hub: LocalHub) -> None:
    from mmbench.media import decode_image

    real = get_card("flickr8k")
    assert isinstance(real.source, HubSource)
    sha = hub.commit(real.source.repo, dict(twin_files(real.source, ["test"])))
    facts = {"test": SplitFacts(count=UNKNOWN, protocol="a test")}
    twin = real.model_copy(update={"source": dataclasses.replace(real.source, revision=sha), "splits": facts})
    split = open_splits(twin, ["test"])["test"]
    source = twin.source.for_split("test")
    assert isinstance(source, HubSource)
    assert source.drop() == 0
    assert decode_image(split[0].image, split[0].id).size == (32, 24)


def test_two_rows_with_one_id_are_refused(hub: LocalHub) -> None:
    same = records("image", "question", id="answer")
    with pytest.raises(UserError, match="set test has two samples with the id 'yes'"):
        open_splits(card(commit(hub), samples=same), ["test"])


def test_a_full_disk_while_building_leaves_nothing(
    hub: LocalHub, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = commit(hub)
    source = card(sha).source.for_split("test")
    assert isinstance(source, HubSource)
    source.fetch()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"No space left on device.*MMBENCH_CACHE"):
            open_splits(card(sha), ["test"])
    assert not is_built(card(sha), "test")
    assert not list(own_cache.rglob("*.tmp"))
    assert len(open_splits(card(sha), ["test"])["test"]) == 8


def test_a_disk_that_is_full_for_the_manifest_leaves_rows_that_nobody_opens(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = commit(hub)
    source = card(sha).source.for_split("test")
    assert isinstance(source, HubSource)
    source.fetch()
    sync, calls = os.fsync, iter(range(9))

    def full(handle: int) -> None:
        if next(calls) > 0:  # the rows are written, their manifest is not
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="No space left on device"):
            open_splits(card(sha), ["test"])
    assert next(calls) == 2
    assert not is_built(card(sha), "test")
    assert len(open_splits(card(sha), ["test"])["test"]) == 8


def test_a_read_only_cache_is_read_and_names_itself_where_it_would_be_written(hub: LocalHub, own_cache: Path) -> None:
    sha = commit(hub)
    open_splits(card(sha), ["test"])
    folders = [own_cache, *(path for path in own_cache.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        if os.access(own_cache, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert len(open_splits(card(sha), ["test"])["test"]) == 8
        with pytest.raises(UserError, match="MMBENCH_CACHE"):
            open_splits(card(sha), ["train"])
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_cache_that_cannot_be_written_is_named(hub: LocalHub, own_cache: Path) -> None:
    sha = commit(hub)
    own_cache.write_text("a file in the folder's place")
    with pytest.raises(UserError, match="MMBENCH_CACHE"):
        open_splits(card(sha), ["test"])
