"""The commit behind a name and the files of a commit: looked up once, refused in sentences, never trusted with a path."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.hub import RemoteFile, cached_tree, fetch, present, resolve, tree
from tests.hub import LocalHub

REPO = "org/set"
FILES = {"a.txt": b"a", "data/b.bin": b"b" * 20_000}
ABSENT = "0" * 40


def test_names_become_commits(hub: LocalHub) -> None:
    first = hub.commit(REPO, FILES, refs=("main", "v1"))
    second = hub.commit(REPO, {"a.txt": b"other"})
    assert (resolve(REPO), resolve(REPO, "main"), resolve(REPO, "v1")) == (second, second, first)
    hub.repo(REPO).refs["refs/pr/1"] = first
    assert resolve(REPO, "refs/pr/1") == first


def test_a_commit_is_returned_without_a_request(hub: LocalHub) -> None:
    assert resolve(REPO, ABSENT) == ABSENT
    assert hub.log == []


def test_a_listing_is_asked_for_once(hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, FILES)
    assert cached_tree(REPO, sha, cache=tmp_path) is None
    listed = tree(REPO, sha, cache=tmp_path)
    hub.log.clear()
    assert tree(REPO, sha, cache=tmp_path) == cached_tree(REPO, sha, cache=tmp_path) == listed
    assert hub.log == []


def test_all_pages_are_read_also_where_a_mirror_links_to_the_hub(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    sha = hub.commit(REPO, {f"{number}.txt": b"" for number in range(25)})
    hub.page_size = 10
    assert len(tree(REPO, sha)) == 25
    hub.log.clear()
    hub.next_links = hub.cdn  # another origin: never asked, never given the token
    assert len(tree(REPO, sha)) == 25
    assert {request.host for request in hub.log} == {hub.endpoint.removeprefix("http://")}


@pytest.mark.parametrize("damage", ["", "{", '{"files": []}', "[]", "bit"])
def test_a_damaged_listing_on_disk_is_asked_for_again(damage: str, hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, FILES)
    listed = tree(REPO, sha, cache=tmp_path)
    stored = tmp_path / "hub" / "org--set" / sha / "tree.json"
    stored.write_text(stored.read_text().replace('"size": 1,', '"size": 2,') if damage == "bit" else damage)
    assert cached_tree(REPO, sha, cache=tmp_path) is None
    assert tree(REPO, sha, cache=tmp_path) == listed


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
        ("rst", {}),
        ("html", {}),
        ("cut", {"at": 1}),
        ("short_body", {"at": 1}),
    ],
    ids=str,
)
def test_api_calls_are_tried_again(kind: str, facts: dict[str, Any], hub: LocalHub) -> None:
    sha = hub.commit(REPO, FILES)
    hub.fault("/api/*", kind, times=1, **facts)
    assert resolve(REPO) == sha
    hub.fault("/api/*/tree/*", kind, times=1, **facts)
    assert len(tree(REPO, sha)) == 2


def test_an_api_that_stays_broken_is_named(hub: LocalHub) -> None:
    sha = hub.commit(REPO, FILES)
    hub.fault("/api/*", "status", status=503)
    with pytest.raises(UserError, match="newest revision of org/set could not be fetched .* answered 503"):
        resolve(REPO)
    hub.clear()
    hub.fault("/api/*", "html")
    with pytest.raises(UserError, match="not JSON but text/html"):
        tree(REPO, sha)


def test_an_address_without_a_server_is_named(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="127.0.0.1:9: ConnectError"):
        resolve(REPO)
    monkeypatch.setenv("HF_ENDPOINT", "nonsense")
    with pytest.raises(UserError, match="'nonsense' is no address of a hub .* HF_ENDPOINT"):
        resolve(REPO)


def test_what_is_not_there_is_said(hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, FILES)
    with pytest.raises(UserError, match="no data set org/nothing at .*, or it is private: .* HF_TOKEN"):
        resolve("org/nothing")
    with pytest.raises(UserError, match="org/set has no such revision .*'v9'"):
        resolve(REPO, "v9")
    with pytest.raises(UserError, match="has no such revision"):
        tree(REPO, ABSENT)
    gone = RemoteFile("gone.txt", 5, None, "1" * 40)
    with pytest.raises(UserError, match="gone.txt of org/set at .* is not there any more"):
        fetch(REPO, sha, [gone], cache=tmp_path)


def test_a_private_set_opens_with_the_right_token(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = hub.commit(REPO, FILES)
    hub.repo(REPO).private = True
    hub.repo(REPO).allowed.add("hf_good")
    for token in (None, "hf_other"):
        if token is not None:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(UserError, match="or it is private"):
            resolve(REPO)
    hub.revoked.add("hf_other")
    with pytest.raises(UserError, match="refuses your token"):
        resolve(REPO)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert resolve(REPO) == sha


def test_a_saved_token_is_used(hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, FILES)
    hub.repo(REPO).private = True
    hub.repo(REPO).allowed.add("hf_saved")
    (tmp_path / "hf-home").mkdir(exist_ok=True)
    (tmp_path / "hf-home" / "token").write_text("hf_saved")
    assert resolve(REPO) == sha


def test_a_gated_set_names_the_page_and_the_token_stays_on_the_hub(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = hub.commit(REPO, FILES)
    hub.repo(REPO).gated = True
    hub.repo(REPO).allowed.add("hf_good")
    wanted = tree(REPO, sha)
    page = f"{hub.endpoint}/datasets/org/set"
    with pytest.raises(UserError, match=f"gated: ask for access at {page}, then set HF_TOKEN"):
        fetch(REPO, sha, wanted, cache=tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with pytest.raises(UserError, match=f"your token has no access to it: ask for access at {page}"):
        fetch(REPO, sha, wanted, cache=tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    hub.log.clear()
    fetch(REPO, sha, wanted, cache=tmp_path)
    assert {(request.token, request.host.split(":")[0]) for request in hub.log} == {
        (True, "127.0.0.1"),
        (False, "localhost"),
    }


@pytest.mark.parametrize(
    "repo", ["", "a/b/c", "../up", "org/..", "org\\set", "/set", "org/set?", "a--b/c", "org/se\nt"]
)
def test_names_that_are_no_repository_are_refused(repo: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not the name of a data set"):
        resolve(repo)
    with pytest.raises(UserError, match="not the name of a data set"):
        present(repo, ABSENT, [], cache=tmp_path)


@pytest.mark.parametrize("sha", ["main", "0" * 39, "0" * 41, "A" * 40, "../" + "0" * 37])
def test_folders_are_named_by_whole_commits_only(sha: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a commit of org/set"):
        fetch(REPO, sha, [], cache=tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "../up",
        "a/../../up",
        "/etc/passwd",
        "C:/a",
        "c:a",
        "a\\b",
        "a//b",
        "./a",
        "a/.",
        "",
        "a\nb",
        "a\x00b",
        "a\x7fb",
        "\ud800",
    ],
    ids=repr,
)
def test_paths_that_lead_out_are_refused(path: str, hub: LocalHub, tmp_path: Path) -> None:
    sha = hub.commit(REPO, {"good.txt": b"good"})
    hub.repo(REPO).commits[sha][path] = hub.repo(REPO).commits[sha]["good.txt"]
    with pytest.raises(UserError, match="could lead out of its folder"):
        tree(REPO, sha, cache=tmp_path)
    with pytest.raises(UserError, match="could lead out of its folder"):
        fetch(REPO, sha, [RemoteFile(path, 4, None, "1" * 40)], cache=tmp_path)
    assert not list(tmp_path.rglob("*up*"))


@pytest.mark.parametrize(
    "item",
    [
        {"path": "a", "size": -1, "oid": "1" * 40},
        {"path": "a", "size": "7", "oid": "1" * 40},
        {"path": "a", "size": 7, "oid": "short"},
        {"path": "a", "size": 7, "oid": "1" * 40, "lfs": {"oid": "no hash"}},
        {"path": "a", "size": 7, "oid": "1" * 40, "lfs": {}},
        {"size": 7, "oid": "1" * 40},
    ],
    ids=json.dumps,
)
def test_a_listing_that_verifies_nothing_is_refused(
    item: dict[str, Any], hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.hub.content import Repo

    sha = hub.commit(REPO, FILES)
    monkeypatch.setattr(Repo, "listing", lambda *args, **options: [{"type": "file", **item}])
    with pytest.raises(UserError, match="without a usable size or hash|without a path"):
        tree(REPO, sha)


def test_offline_looks_nothing_up(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = hub.commit(REPO, FILES)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE is set, so revision 'main' of org/set cannot be looked up"):
        resolve(REPO, "main")
    with pytest.raises(UserError, match="not downloaded yet .* `mmbench download`"):
        tree(REPO, sha, cache=tmp_path)
    assert resolve(REPO, sha) == sha
    assert hub.log == []
