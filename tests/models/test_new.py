"""What `mmbench models new` writes runs as it is: the doctor passes it, and a task scores it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmbench.tasks
from mmbench.cli import main
from mmbench.diagnosis import doctor
from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.base import CAPABILITIES
from mmbench.models.new import new_model
from tests.fakes import card, question_task, register, retrieval_task

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    register(monkeypatch, card())
    catalog = {task.id: task for task in (retrieval_task(), question_task())}
    monkeypatch.setattr(mmbench.tasks, "_catalog", lambda: catalog)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out + captured.err

    return call


@pytest.mark.parametrize("kind", CAPABILITIES)
def test_every_template_keeps_the_contract(run: Run, kind: str) -> None:
    name = f"mine-for-{kind.replace('_', '-')}"
    code, out = run("models", "new", name, "--kind", kind)
    assert code == 0
    module = name.replace("-", "_")
    assert f"mmbench doctor {module}:Model" in out
    loaded = load_model(f"{module}:Model")
    assert (loaded.card.name, loaded.revision) == (name, "1")
    report = doctor(loaded, progress=False)
    assert report.counts["fail"] == report.counts["skip"] == 0, [one for one in report.findings if one.status == "fail"]
    test: Any = __import__(f"test_{module}")
    test.test_the_doctor_finds_nothing_wrong()


@pytest.mark.parametrize(("kind", "task"), [("embed", "fake.t2i"), ("generate", "fake.open")])
def test_a_template_is_scored_at_once(run: Run, kind: str, task: str) -> None:
    assert run("models", "new", f"scored-{kind}", "--kind", kind)[0] == 0
    code, out = run("run", "-m", f"scored_{kind}:Model", "-t", task)
    assert (code, task in out) == (0, True), out


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("My Model", "embed", "'My Model' is no name for a model: use lower case letters"),
        ("9-lives", "embed", "is no name for a model"),
        ("import", "embed", "is no name for a model"),
        ("numpy", "embed", "A module numpy is installed, which would be imported in the model's place"),
        ("fine", "classify", "There is no kind of model 'classify': choose embed, generate, predict, score_pairs."),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, name: str, kind: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        new_model(name, kind, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new_model("kept-as-it-is", "embed", tmp_path)
    with pytest.raises(UserError, match=r"kept_as_it_is\.py exists: choose another name, or delete it first"):
        new_model("kept-as-it-is", "predict", tmp_path)
