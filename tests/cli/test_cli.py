"""The command line as a stranger meets it: exit codes, one sentence per mistake, one JSON document."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mmbench.tasks
from mmbench.cli import main
from mmbench.tasks.base import Task
from tests.fakes import card, question_task, register, retrieval_task

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process: exit code, standard output, standard error."""
    register(monkeypatch, card(), card("holes", broken=[3, 10]), card("nothing", empty=True))
    tasks: list[Task] = [retrieval_task(), question_task(), retrieval_task("holes"), retrieval_task("nothing")]
    known = {task.id: task for task in tasks}
    catalog = mmbench.tasks._catalog()
    monkeypatch.setattr(mmbench.tasks, "_catalog", lambda: {**catalog, **known})

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["show", "opnmoji"],
            "There is no dataset, task, model, suite or fusion method named 'opnmoji': did you mean openmoji",
        ),
        (["download", "zzz"], "There is no dataset named 'zzz': see `mmbench list datasets`."),
        (["run", "-m", "randon", "-t", "fake.t2i"], "There is no model named 'randon': did you mean random"),
        (["run", "-m", "random", "-t", "fake.t2j"], "There is no task named 'fake.t2j': did you mean fake.t2i"),
        (["run", "-m", "random", "-s", "demp"], "There is no suite named 'demp': did you mean demo-1"),
        (["run", "-m", "random"], "Name what to run: either tasks with -t or one suite with -s"),
        (
            ["run", "-m", "majority", "-t", "fake.t2i"],
            "fake.t2i needs a model that can embed; majority can generate, predict.",
        ),
        (["run", "-m", "random", "-t", "nothing.t2i"], "nothing test is empty"),
        (["run", "-m", "random", "-t", "fake.t2i", "--model-args", "sed: 3"], "cannot be made with these arguments"),
        (["run", "-m", "random", "-t", "fake.t2i", "--model-args", "[1"], "--model-args is not YAML"),
        (["run", "-m", "no.such:Model", "-t", "fake.t2i"], "The model 'no.such:Model' cannot be imported"),
        (["score", "no-file.jsonl", "-t", "fake.open"], "There is no file no-file.jsonl."),
        (["leaderboard", "build", "no-folder"], "no-folder"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert code == 2
    assert said in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err + out


def test_a_failed_run_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    words = ["run", "-m", "tests.fakes:Pixels", "-t", "holes.t2i", "-o", tmp_path]
    code, _, err = run(*words)
    assert code == 1
    assert "1 samples of holes.t2i failed, above --max-errors 0.01" in err
    assert run(*words, "--max-errors", "0.5")[0] == 0


def test_a_damaged_part_is_named_with_exit_code_2_and_heals_when_deleted(run: Run, tmp_path: Path) -> None:
    words = ["run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path]
    assert run(*words)[0] == 0
    (scores,) = tmp_path.rglob("scores.json")
    before = scores.read_bytes()
    part = next(tmp_path.rglob("queries/*.safetensors"))
    part.write_bytes(part.read_bytes()[:-2] + b"xx")
    code, _, err = run(*words)
    assert code == 2
    assert f"{part} is damaged" in err
    part.unlink()
    assert run(*words)[0] == 0
    assert scores.read_bytes() == before


def test_json_is_one_document(run: Run, tmp_path: Path) -> None:
    for words in (
        ["list", "tasks"],
        ["list", "models"],
        ["list", "suites"],
        ["list", "datasets"],
        ["show", "fake.t2i"],
        ["show", "random"],
        ["show", "openmoji"],
        ["run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path],
        ["run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path, "--dry-run"],
        ["leaderboard", "build", tmp_path],
    ):
        code, out, _ = run(*words, "--json")
        assert code == 0, words
        assert json.loads(out), words


def test_evaluate_is_run(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("evaluate", "-m", "random", "-t", "fake.t2i", "-o", tmp_path)
    assert code == 0
    assert "hit@5" in out


def test_dry_run_asks_nothing_and_says_what_is_stored(run: Run, tmp_path: Path) -> None:
    words = ["run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path, "--json"]
    (planned,) = json.loads(run(*words, "--dry-run")[1])
    assert planned["data"] in ("in the cache", "would be built first")
    assert not list(tmp_path.rglob("run.json"))
    run(*words)
    (done,) = json.loads(run(*words, "--dry-run")[1])
    assert (done["stored"], done["to ask"]) == (80, 0)


def test_predictions_made_elsewhere_are_scored(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    lines = [{"id": f"test-{i}", "prediction": "red"} for i in range(40)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, _ = run("score", file, "-t", "fake.open", "-o", tmp_path, "--json")
    assert code == 0
    (accuracy,) = [score for score in json.loads(out)["scores"] if score["metric"] == "accuracy"]
    assert accuracy["value"] == 0.25
    file.write_text("".join(json.dumps(line) + "\n" for line in lines[:30]))
    code, _, err = run("score", file, "-t", "fake.open", "-o", tmp_path)
    assert code == 1
    assert "10 samples of fake.open failed" in err
    assert "the file has no prediction for it" in err
    file.write_text(json.dumps({"id": "foreign", "prediction": "red"}) + "\n")
    code, _, err = run("score", file, "-t", "fake.open", "-o", tmp_path)
    assert code == 2
    assert "its ids should look like 'test-0'" in err


def test_download_writes_a_split(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("download", "fake", "--split", "test", "--to", tmp_path)
    assert code == 0
    assert str(tmp_path / "test.parquet") in out
    assert (tmp_path / "test.parquet").stat().st_size > 1000


def test_a_board_is_written(run: Run, tmp_path: Path) -> None:
    run("run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path / "runs")
    code, out, _ = run("leaderboard", "build", tmp_path / "runs", "--out", tmp_path / "board")
    assert code == 0
    assert "fake.t2i" in out
    assert {path.name for path in (tmp_path / "board").iterdir()} == {
        "index.html",
        "board.md",
        "scores.csv",
        "board.json",
    }


def test_help_and_version_of_the_installed_program() -> None:
    for words, said in ((["--help"], "leaderboard"), (["--version"], "mmbench 0.1.0"), (["run", "--help"], "--limit")):
        done = subprocess.run([sys.executable, "-m", "mmbench", *words], capture_output=True, text=True, check=True)
        assert said in done.stdout


def test_a_model_in_the_current_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine_for_a_test.py").write_text("class Model:\n    pass\n")
    words = ["run", "-m", "mine_for_a_test:Model", "-t", "openmoji.t2i"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mmbench", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "mine_for_a_test:Model made an object with none of embed" in done.stderr


def test_an_interrupt_says_that_nothing_is_lost(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import mmbench.cli.running

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mmbench.cli.running, "evaluate_task", interrupted)
    code, _, err = run("run", "-m", "random", "-t", "fake.t2i", "-o", tmp_path)
    assert code == 130
    assert "it goes on where it stopped" in err


def test_a_suite_of_ones_own_is_run_shown_and_ranked(run: Run, tmp_path: Path) -> None:
    suite, runs = tmp_path / "mine.yaml", tmp_path / "runs"
    suite.write_text("name: mine-1\ntitle: Both of them\ntasks: {fake.t2i: 1, fake.open: 1}\n")
    for model in ("constant", "oracle"):
        code, out, _ = run("run", "-m", model, "-s", suite, "-o", runs, "--json")
        assert code == 0
        assert [one["task"] for one in json.loads(out)] == ["fake.t2i", "fake.open"]
    code, out, _ = run("leaderboard", "build", runs, "-s", suite, "--json")
    assert code == 0
    assert json.loads(out)["suite"]["name"] == "mine-1"
    assert "mean-gain" in run("show", suite)[1]
    code, _, err = run("leaderboard", "build", runs, "-s", tmp_path / "other.yaml")
    assert (code, "a suite of your own is a YAML file" in err) == (2, True)


def test_tasks_are_listed_by_kind_and_dataset(run: Run) -> None:
    rows = json.loads(run("list", "tasks", "--dataset", "esc50", "--task", "linear-probe", "--json")[1])
    assert [(row["id"], row["needs"], row["state"]) for row in rows] == [("esc50.probe", "embed or predict", "")]
    shown = json.loads(run("show", "esc50.probe", "--json")[1])
    assert shown["class_order"][:2] == ["dog", "rooster"]
    assert shown["protocol"]["folds"] == "5"
