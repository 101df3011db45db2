"""The commands about fusion methods that train nothing: list, show, new, a dry run."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.cli import main
from mmbench.errors import UserError
from mmbench.fusion.base import Fusion
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.switching import all_switches
from mmbench.loaders import all_cards
from mmbench.models import all_models
from mmbench.tasks import all_suites, all_tasks

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def test_every_method_and_switch_is_listed_and_shown(run: Run) -> None:
    names = [*(one.name for one in all_fusions()), *(f"+{one.name}" for one in all_switches())]
    code, out, _ = run("list", "fusions", "--json")
    assert code == 0
    assert [one["name"] for one in json.loads(out)] == names
    for name in names:
        code, out, _ = run("show", name, "--json")
        shown = json.loads(out)
        assert (code, shown["fusion" if "fusion" in shown else "switch"]) == (0, name)
        assert all(shown[fact] for fact in ("title", "paper", "equation"))
        assert shown["use"].endswith(name)


def test_a_method_is_shown_with_its_formula_its_knobs_and_its_size(run: Run) -> None:
    shown = json.loads(run("show", "lmf", "--json")[1])
    assert shown["parameters"].startswith("sum_m r (d_m + 1) h + r + h")
    assert shown["knobs"] == {"rank": [2, 4, 8]}
    example = shown["example"]
    r, h = example["rank"], example["width"]
    assert example["features"] == [64, 64]
    assert example["parameters"] == 2 * r * 65 * h + r + h + 4 * h + 4 == pytest.approx(50_000, rel=0.05)
    assert "fusion-xor.class" in shown["made_up_tasks"]["must_pass"]
    words = run("show", "linear-sum")[1]
    assert "additive: True" in words
    assert "must_fail: fusion-xor.class, fusion-bilinear.class, fusion-gated.class, fusion-lagged.class" in words


def test_an_unknown_name_leads_to_the_nearest_method(run: Run) -> None:
    code, _, err = run("show", "linear-summ")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean linear-sum" in err


def test_what_needs_no_torch_is_shown_without_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[Fusion]:
        raise UserError("Fusion methods need torch, which is not installed: run pip install 'mmbench[fusion]'.")

    monkeypatch.setattr("mmbench.cli.facts.all_fusions", missing)
    assert run("show", "openmoji")[0] == 0
    code, _, err = run("show", "opnmoji")
    assert (code, "did you mean openmoji" in err) == (2, True)


def test_no_name_is_taken_twice() -> None:
    others = {
        *(card.key for card in all_cards()),
        *(task.id for task in all_tasks()),
        *(entry.card.name for entry in all_models()),
        *(suite.name for suite in all_suites()),
        *(suite.family for suite in all_suites()),
    }
    assert not others & {one.name for one in all_fusions()}


def test_a_new_method_says_what_to_do_next(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("fusions", "new", "said-fusion")
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said_fusion.py", "test_said_fusion.py"]
    assert "mmbench fusion -t easy-vqa.open -m all,said_fusion:Fusion" in out
    code, _, err = run("fusions", "new", "said-fusion")
    assert (code, "exists: choose another name" in err) == (2, True)


def test_a_dry_run_trains_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["fusion", "-t", "fusion-xor", "-m", "concat,mutan", "--trials", "3", "--seeds", "2", "--dry-run"]
    code, out, _ = run(*words)
    assert code == 0
    assert "4,000 train, 1,000 valid, 2,000 test rows" in " ".join(out.split())
    assert "24 trainings, 0 of them there already; 12 looks at the test split, 0 of them taken." in out
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    (part,) = json.loads(out)["budgets"]
    assert {one["name"]: one["kind"] for one in part["methods"]} == {
        "concat": "method", "mutan": "method", "decision-average": "method",
        "only-a": "floor", "only-b": "floor", "unimodal-ensemble": "floor",
    }  # fmt: skip
    assert not list(tmp_path.iterdir())
