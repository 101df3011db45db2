"""The commands that get data: download, verify, a new card, own folders."""

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.cli import main
from mmbench.loaders import get_card
from mmbench.loaders.cards import SplitFacts
from mmbench.loaders.sources import HubSource
from mmbench.loaders.twins import twin_files
from mmbench.loaders.unknown import Unknown
from mmbench.samples import MediaPart
from tests.fakes import register
from tests.hub.server import LocalHub

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder of its own, with two sets on the hub: ``charts`` is there, ``lost`` is not."""
    real = get_card("chartqa")
    assert isinstance(real.source, HubSource)
    sha = hub.commit(real.source.repo, dict(twin_files(real.source, ["test"])))
    facts = {"test": SplitFacts(count=Unknown(reason="a test"), protocol="a test")}
    there = real.model_copy(
        update={"key": "charts", "splits": facts, "source": dataclasses.replace(real.source, revision=sha)}
    )
    lost = there.model_copy(update={"key": "lost", "source": dataclasses.replace(real.source, repo="me/lost")})
    register(monkeypatch, there, lost)
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "path", [*sys.path])

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def test_a_dry_run_says_what_would_be_fetched(run: Run, hub: LocalHub) -> None:
    code, out, _ = run("download", "charts", "--dry-run", "--json")
    (row,) = json.loads(out)
    assert (code, row["split"], row["files"]) == (0, "test", 1)
    assert row["bytes"] > 1000
    assert not hub.requests("test-00000")
    assert run("download", "charts")[0] == 0
    assert json.loads(run("download", "charts", "--dry-run", "--json")[1])[0]["bytes"] == 0
    assert "kB" in run("download", "charts", "--dry-run")[1] or "0 B" in run("download", "charts", "--dry-run")[1]


def test_a_download_says_what_stands_behind_it(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("download", "charts", "--to", "out", "--drop-raw", "--json")
    (row,) = json.loads(out)
    assert (code, row["samples"], row["evidence"]) == (0, 8, "transport-verified")
    assert (tmp_path / "here" / "out" / "test.parquet").exists()
    assert not list((tmp_path / "cache" / "hub").rglob("*.parquet"))


def test_verify_goes_on_after_a_failure_and_exits_with_1(run: Run, tmp_path: Path) -> None:
    code, out, err = run("verify", "lost", "charts", "--json")
    assert code == 1
    assert [row["result"] for row in json.loads(out)] == ["FAILED", "verified"]
    assert err.strip() == "error: 1 of 2 datasets are not what their cards say: lost."
    receipt = json.loads((tmp_path / "here" / "receipts" / "charts.json").read_text())
    assert receipt["splits"]["test"]["count"] == 8
    assert not (tmp_path / "here" / "receipts" / "lost.json").exists()


def test_verify_needs_something_to_verify(run: Run) -> None:
    assert run("verify")[::2] == (
        2,
        "error: Name the datasets to verify, or say --all (see `mmbench list datasets`).\n",
    )


def test_a_set_that_needs_no_file_says_so(run: Run, tmp_path: Path) -> None:
    code, _, err = run("download", "charts", "--from", tmp_path)
    assert (code, err) == (2, "error: charts needs no file of yours: run mmbench download charts.\n")


def test_a_file_that_is_another_one_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "aligned_50.pkl").write_bytes(b"not it")
    code, _, err = run("download", "cmu-mosi", "--from", tmp_path / "aligned_50.pkl")
    assert code == 2
    assert "sha256" in err
    assert not list((tmp_path / "cache").rglob("*.pkl"))


def test_a_new_card_runs_as_it_is(run: Run, tmp_path: Path) -> None:
    assert run("datasets", "new", "my-new-charts")[0] == 0
    folder = tmp_path / "here"
    assert {path.name for path in folder.glob("*.py")} == {"my_new_charts.py", "test_my_new_charts.py"}
    code, out, err = run("check", "my_new_charts:TWIN", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)
    assert run("peek", "my_new_charts:TWIN", "--out", "page.html")[0] == 0
    assert "my-new-charts" in (folder / "page.html").read_text()
    code, _, err = run("datasets", "new", "my-new-charts")
    assert (code, err) == (2, "error: my_new_charts.py exists: choose another name, or delete it first.\n")
    assert run("datasets", "new", "My Charts")[0] == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere_at_all:CARD", "cannot be imported: No module named 'nowhere_at_all'"),
        ("json:dumps", "'json:dumps' is no DatasetCard: `mmbench datasets new` writes one to begin with."),
        ("nothere", "There is no dataset named 'nothere': see `mmbench list datasets`. Nor is there a folder"),
    ],
)
def test_a_name_of_nothing_is_one_sentence(run: Run, name: str, said: str) -> None:
    code, _, err = run("check", name)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_show_says_what_is_unknown_and_why(run: Run) -> None:
    out = run("show", "chartqa")[1]
    assert "upstream: lmms-lab-encoder/ChartQA@9e63b7df1592a1c2158e735cc1725454aef0d6d9" in out
    assert "licence: unknown (no source that was read states it)" in out


def test_unknown_counts_are_null(run: Run) -> None:
    rows = {row["key"]: row for row in json.loads(run("list", "datasets", "--json")[1])}
    assert rows["chartqa"]["samples"] is None
    assert rows["flickr30k"]["samples"] == 1000
    assert len(rows) > 90


def test_a_folder_of_photos_becomes_a_board_in_three_commands(
    run: Run, tmp_path: Path, picture: Callable[..., MediaPart]
) -> None:
    photos = tmp_path / "here" / "photos"
    photos.mkdir()
    for number in range(20):
        (photos / f"{number}.png").write_bytes(picture(number).data or b"")
        (photos / f"{number}.txt").write_text(f"picture number {number}\n")
    assert run("check", "photos")[0] == 0
    code, out, err = run("run", "-m", "random", "-t", "retrieval:photos")
    assert (code, "photos.t2i" in out) == (0, True), err
    code, out, _ = run("leaderboard", "build", "runs", "--out", "board")
    assert code == 0
    assert "photos.t2i" in out
    page = (tmp_path / "here" / "board" / "index.html").read_text()
    assert "photos.t2i" in page
    assert str(tmp_path) not in page
