"""``mmbench.check``, ``mmbench.peek`` and their commands: what they take, write and answer with."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mmbench
from mmbench.cli import main
from mmbench.errors import UserError
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Sample, TextPart
from tests.fakes import card, register

Run = Callable[..., tuple[int, str, str]]
Make = Callable[..., MediaPart]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process and in a folder of its own: exit code, standard output, standard error."""
    register(monkeypatch, card(), card("holes", broken=[3, 10]), card("nothing", empty=True))
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def splits(picture: Make, open_rows: Callable[..., dict[str, PairedDataset]]) -> dict[str, PairedDataset]:
    rows = {
        split: [Sample(f"{split}-{i}", (picture(start + i), TextPart(f"words {start + i}"))) for i in range(6)]
        for split, start in (("train", 0), ("test", 100))
    }
    return open_rows(rows)


def test_a_split_or_all_of_them_can_be_checked(splits: dict[str, PairedDataset]) -> None:
    both, one = mmbench.check(splits), mmbench.check(splits["test"], pairs=0)
    assert both.ok
    assert not both.findings
    status = {result.check: result.status for result in one.results}
    assert status["cross-split-leakage"] == "not_applicable"
    assert {result.check: result.status for result in both.results}["cross-split-leakage"] == "pass"
    assert list(mmbench.check(splits, split="train", pairs=0).splits) == ["train"]
    assert mmbench.check(splits, limit=2, pairs=0).partial
    with pytest.raises(UserError, match="has no split 'tset': it has train, test"):
        mmbench.check(splits, split="tset")


def test_a_report_is_a_table_and_a_json_document(splits: dict[str, PairedDataset]) -> None:
    report = mmbench.check(splits)
    table = report.to_pandas()
    assert list(table.columns[:4]) == ["check", "family", "status", "accepted"]
    assert len(table) == len(report.results)
    document = json.loads(report.to_json())
    assert document["ok"]
    assert [one["split"] for one in document["splits"]] == ["train", "test"]
    assert set(document["results"][0]) >= {
        "check", "status", "n_checked", "n_bad", "items", "value", "threshold", "message",
    }  # fmt: skip


def test_peek_writes_a_page_of_the_test_split(splits: dict[str, PairedDataset], tmp_path: Path) -> None:
    path = mmbench.peek(splits, n=3, out=tmp_path / "page.html")
    assert path.read_text(encoding="utf-8").count("<article>") == 3
    assert "test-0" in path.read_text(encoding="utf-8")


def test_check_exits_with_1_from_the_chosen_status_on(run: Run) -> None:
    code, out, _ = run("check", "holes", "--json")
    document = json.loads(out)
    failed = [one for one in document["results"] if one["status"] == "fail"]
    assert code == 1
    assert [(one["check"], one["items"]) for one in failed if one["check"] == "media-decodes"] == [
        ("media-decodes", ["test-3", "test-10"])
    ]
    assert run("check", "holes", "--pairs", 0, "--fail-on", "never")[0] == 0
    assert (
        run("check", "fake", "--split", "test", "--pairs", 0, "--fail-on", "warn")[0] == 1
    )  # its pictures are of one colour
    assert run("check", "fake", "--split", "test", "--pairs", 0)[0] == 0


def test_check_prints_a_table_and_writes_a_page(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("check", "holes", "--split", "test", "--pairs", 0, "--limit", 30, "--out", tmp_path / "report")
    assert "media-decodes" in out
    assert (tmp_path / "report" / "index.html").is_file()
    assert code in (0, 1)  # as the seeded limit keeps or leaves out the two broken ones


def test_a_baseline_lets_pass_what_it_holds(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    code, out, _ = run("check", "holes", "--pairs", 0, "--baseline", path)
    assert code == 0  # the first time it is written
    assert f"in {path.name}" in out.replace(str(path), path.name)
    assert json.loads(path.read_text(encoding="utf-8"))["accepted"]["media-decodes"] == ["test/test-10", "test/test-3"]
    assert run("check", "holes", "--pairs", 0, "--baseline", path, "--fail-on", "warn")[0] == 0
    path.write_text('{"schema": 1, "accepted": {"media-decodes": ["test/test-3"]}}', encoding="utf-8")
    assert run("check", "holes", "--pairs", 0, "--baseline", path)[0] == 1


def test_two_datasets_are_compared_by_one_command(run: Run) -> None:
    code, out, _ = run("check", "fake", "holes", "--json")
    document = json.loads(out)
    assert code == 1  # both are made of the same pictures
    assert {one["check"] for one in document["results"]} == {"cross-split-leakage", "near-copies-across-splits"}
    assert {one["split"] for one in document["splits"]} >= {"test"}
    code, _, err = run("check", "fake", "holes", "--model", "linear-alignment")
    assert code == 2
    assert "leave the model out" in err


def test_the_page_shows_the_offending_samples_by_id(run: Run, tmp_path: Path) -> None:
    run("check", "holes", "--split", "test", "--pairs", 0, "--out", tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    finding = page.split('<section id="media-decodes">')[1].split("</section>")[0]
    assert finding.count("<article") == 2
    assert "test-3" in finding
    assert "test-10" in finding


def test_peek_names_its_page(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("peek", "fake", "-n", 2)
    assert code == 0
    assert out.startswith("Open fake-test.html")
    assert (tmp_path / "fake-test.html").is_file()
    code, out, _ = run("peek", "fake", "--split", "train", "--out", "other.html", "--json")
    assert json.loads(out)["page"] == "other.html"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "opnmoji"], "There is no dataset named 'opnmoji': did you mean openmoji"),
        (["check", "nothing"], "There is nothing to check: nothing holds no samples."),
        (["peek", "nothing"], "There is nothing to show: nothing test holds no samples."),
        (["peek", "fake", "--split", "tset"], "fake has no split 'tset'"),
    ],
)
def test_a_mistake_is_one_sentence(run: Run, words: list[str], said: str) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
