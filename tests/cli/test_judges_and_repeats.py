"""Judges, repeats and decoding parameters from the command line."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import mmbench.tasks
from mmbench.cli import main
from mmbench.samples import Request, Response
from mmbench.tasks.extractors.final_answer import FINAL_ANSWER
from mmbench.tasks.judges.extraction import VALUE
from tests.fakes import card, question_task, register

Run = Callable[..., tuple[int, str, str]]


class Thinks:
    """Never comes to an end."""

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [Response(request.sample_id, "<think>It is red, so", "length") for request in requests]


class SaysRed:
    """Finds red in everything."""

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [Response(request.sample_id, "red") for request in requests]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process: exit code, standard output, standard error."""
    register(monkeypatch, card())
    judged = replace(question_task(), id="fake.judged", judge=VALUE, extractor=FINAL_ANSWER)
    catalog = {**mmbench.tasks._catalog(), "fake.judged": judged, "fake.open": question_task()}
    monkeypatch.setattr(mmbench.tasks, "_catalog", lambda: catalog)

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def test_a_judge_is_named_by_its_spec(run: Run, tmp_path: Path) -> None:
    words = ["run", "-m", f"{__name__}:Thinks", "-t", "fake.judged", "-o", tmp_path]
    code, _, said = run(*words)
    assert (code, said.count("\n")) == (2, 1)
    assert "fake.judged needs a judge: name a model that writes with --judge" in said
    code, out, _ = run(*words, "--judge", f"{__name__}:SaysRed")
    assert code == 0
    assert "40 truncated answers, 40 answers judged" in out
    code, out, _ = run(*words, "--judge", f"{__name__}:SaysRed", "--json")
    assert json.loads(out)[0]["notes"] == {"truncated_answers": 40, "answers_judged": 40}
    assert json.loads(out)[0]["scores"][0]["value"] == 0.25
    code, _, said = run(*words, "--judge", "no-such-judge")
    assert code == 2
    assert "no model named 'no-such-judge'" in said


def test_repeats_say_how_far_answers_are_apart(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("run", "-m", "random", "-t", "fake.open", "-o", tmp_path, "--repeats", 3, "--temperature", 0.5)
    assert code == 0
    assert "3 answers each: " in out
    assert "(standard deviation " in out
    run("run", "-m", "random", "-t", "fake.open", "-o", tmp_path, "--max-new-tokens", 3)
    assert len(list(tmp_path.rglob("run.json"))) == 2  # other parameters, another run
