"""The loopback hub is one that the real client accepts: what it proves of our client would be worth nothing otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmbench.loaders.hub import resolve, tree
from tests.hub import Blob, LocalHub

REPO = "org/set"
FILES = {"README.md": b"# a set\n", "data/a.bin": b"a" * 20_000, "data/deep/b ü#%.txt": b"b", "empty": b""}


def test_git_names_agree_with_git() -> None:
    assert Blob.of(b"").oid == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # git hash-object /dev/null
    assert (
        Blob.of(b"hello world\n").oid == "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"
    )  # echo hello world | git hash-object --stdin


def test_the_real_client_downloads_from_it(hub: LocalHub, tmp_path: Path) -> None:
    from huggingface_hub import HfApi, hf_hub_download

    sha = hub.commit(REPO, FILES, refs=("main", "v1"))
    for path, content in FILES.items():
        got = hf_hub_download(REPO, path, repo_type="dataset", revision=sha, cache_dir=tmp_path, endpoint=hub.endpoint)
        assert Path(got).read_bytes() == content
    refs = HfApi(endpoint=hub.endpoint).list_repo_refs(REPO, repo_type="dataset")
    assert {branch.name: branch.target_commit for branch in refs.branches} == {"main": sha, "v1": sha}
    infos = HfApi(endpoint=hub.endpoint).get_paths_info(REPO, ["data/a.bin"], repo_type="dataset", revision=sha)
    assert [info.path for info in infos] == ["data/a.bin"]


@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_our_listing_is_that_of_the_real_client(page_size: int, hub: LocalHub) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    sha = hub.commit(REPO, FILES)
    hub.page_size = page_size
    api = HfApi(endpoint=hub.endpoint)
    theirs = api.list_repo_tree(REPO, repo_type="dataset", revision=sha, recursive=True)
    expected = {
        (item.path, item.size, item.lfs.sha256 if item.lfs else None, item.blob_id)
        for item in theirs
        if isinstance(item, RepoFile)
    }
    ours = tree(REPO, sha)
    assert {(file.path, file.size, file.sha256, file.git_sha1) for file in ours} == expected
    assert len(ours) == len(FILES)
    assert resolve(REPO) == api.dataset_info(REPO).sha == sha


def test_the_real_client_meets_its_gates(hub: LocalHub, tmp_path: Path) -> None:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    sha = hub.commit(REPO, FILES)
    api = HfApi(endpoint=hub.endpoint)
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info(REPO, revision="nothing")
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info("org/nothing")
    hub.repo(REPO).gated = True
    with pytest.raises(GatedRepoError):
        hf_hub_download(REPO, "empty", repo_type="dataset", revision=sha, cache_dir=tmp_path, endpoint=hub.endpoint)


def test_it_serves_a_folder(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / REPO / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / REPO / path).write_bytes(content)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hub", tmp_path], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline().split()[0] == REPO
        assert server.stdout.readline().startswith("HF_ENDPOINT=http://127.0.0.1:")
        server.terminate()
