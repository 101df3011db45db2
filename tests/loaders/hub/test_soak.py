"""Hundreds of downloads through a network that fails at random: right bytes or a sentence, every time."""

import random
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.hub import Patience, fetch, resolve, tree
from tests.hub import LocalHub

REPO = "org/set"
DOWNLOADS = 200


@pytest.mark.slow
def test_two_hundred_downloads_under_random_faults(hub: LocalHub, tmp_path: Path) -> None:
    dice = random.Random(7)
    files = {
        f"data/{number:02}.bin": dice.randbytes(dice.choice([0, 1, 3_000, 12_000, 60_000])) for number in range(30)
    }
    sha = hub.commit(REPO, files)
    hub.random_faults(seed=11, probability=0.2)
    patience = Patience(timeout=0.25, sleep=lambda seconds: None)
    right, errors = 0, []
    for number in range(DOWNLOADS):
        cache = tmp_path / str(number)
        folder = cache / "hub" / "org--set" / sha
        try:
            assert resolve(REPO, patience=patience) == sha
            snapshot = fetch(REPO, sha, tree(REPO, sha, cache=cache, patience=patience), cache=cache, patience=patience)
        except UserError as error:
            errors.append(str(error))
        else:
            assert set(snapshot.files) == set(files)
            assert {path.name for path in folder.iterdir()} == {"files", "tree.json", "manifest.json"}
            right += 1
        for path in (folder / "files").rglob("*.bin"):
            assert path.read_bytes() == files[f"data/{path.name}"]
    print(f"{right} right, {len(errors)} errors, {len(hub.log)} requests")
    assert right + len(errors) == DOWNLOADS
    assert all("could not be fetched" in error or "other content" in error for error in errors)
    assert right > DOWNLOADS * 0.9
