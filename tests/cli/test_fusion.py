"""``mmbench fusion`` as a stranger meets it: what it prints and writes, how budgets and encoders are spelt, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmbench.cli.fusion import encoders, parameters
from mmbench.errors import UserError
from mmbench.files import write_json
from mmbench.fusion.report import plots
from mmbench.runs.records import find_runs
from tests.cli.test_cli import Run, run

__all__ = ["run"]
TASK = "fusion-redundant"
FAST = ["--trials", "1", "--seeds", "1", "--updates", "5", "--workers", "1", "--limit", "100"]


@pytest.fixture(autouse=True)
def _without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "draw", lambda results: [])


def words(folder: Path, *more: object, methods: str = "concat,mlb") -> list[object]:
    return ["fusion", "-t", TASK, "-m", methods, "--budget", "1k", "-o", folder, *FAST, *more]


def strict(text: str) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_comparison_prints_a_table_its_notes_and_where_it_lies(run: Run, tmp_path: Path) -> None:
    code, out, err = run(*words(tmp_path / "runs"))
    assert (code, "Traceback" in err) == (0, False)
    assert "fusion-redundant.class: accuracy at 1,000 parameters, 1 trial, 1 seed" in out
    for name in ("concat", "mlb", "decision-average", "only-a", "unimodal-ensemble", "majority"):
        assert name in out
    assert "Only about 100 test samples: a partial comparison." in out
    page = tmp_path / "runs" / "fusion" / "fusion-redundant.class-1000" / "index.html"
    assert f"Open {page}; table.md and results.json are beside it" in out
    for name in ("index.html", "table.md", "results.json"):
        assert page.with_name(name).stat().st_size > 0
    assert {one.limit for one in find_runs(tmp_path / "runs")} == {100}


def test_json_is_one_strict_document_and_the_page_goes_where_it_should(run: Run, tmp_path: Path) -> None:
    code, out, err = run(*words(tmp_path / "runs", "--json", "--out", tmp_path / "page"))
    assert (code, err) == (0, "")
    found = strict(out)
    assert found == strict((tmp_path / "page" / "results.json").read_text())
    assert found["protocol"]["budget"] == 1000
    assert {row["name"] for row in found["rows"] if row["kind"] == "method"} == {"concat", "mlb", "decision-average"}


def test_sensitivity_gives_three_budgets(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(*words(tmp_path, "--json", "--sensitivity", methods="concat"))
    assert code == 0
    assert [one["budget"] for one in strict(out)["sensitivity"]] == [500, 1000, 2000]


def test_a_search_per_seed_is_asked_for(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(*words(tmp_path, "--json", "--search-per-seed", methods="concat"))
    assert code == 0
    assert strict(out)["protocol"]["search_per_seed"] is True


def test_a_runs_methods_stand_on_a_board_and_are_compared(run: Run, tmp_path: Path) -> None:
    words_ = [one for one in words(tmp_path / "runs") if one not in ("--limit", "100")]
    assert run(*words_)[0] == 0
    assert run("leaderboard", "build", tmp_path / "runs", "--out", tmp_path / "board")[0] == 0
    assert "fusion-mlb" in (tmp_path / "board" / "index.html").read_text()
    code, out, _ = run("compare", tmp_path / "runs" / "fusion-concat", tmp_path / "runs" / "fusion-mlb", "--json")
    assert code == 0
    (pair,) = strict(out)["pairs"]
    assert {pair["a"], pair["b"]} == {"fusion-concat", "fusion-mlb"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["-m", "conct"], "There is no fusion named 'conct': did you mean concat"),
        (["-m", "concat+dropout"], "There is no fusion named '+dropout': did you mean +modality-dropout"),
        (["-m", "no.such:Module"], "The fusion 'no.such:Module' cannot be imported"),
        (["-m", "tests.fusion.strangers:NoWidth"], "cannot be called as Class(dims, width)"),
        (["-m", "tests.fusion.strangers:Flat"], "tests.fusion.strangers:Flat gave a tensor of shape"),
        (["-m", "tests.fusion.strangers:Picky"], "cannot be made for modalities of"),
        (["--budget", "lots"], "--budget is 'lots': give a number of parameters, as 50k, 1M or 50000."),
        (["-m", "mult", "--budget", "20"], "mult needs at least"),
        (["--encoder", "image"], "--encoder is 'image': write the modality and a model"),
        (["--encoder", "image=linear-alignment"], "An encoder was given for 'image', and fusion-redundant.class shows features"),
        (["-t", "fusion-redundnt"], "There is no task named 'fusion-redundnt': did you mean fusion-redundant"),
        (["-t", "fake.t2i"], "Fusion methods give a class or a number per sample, and fake.t2i asks a model to embed"),
        (["--device", "cdua"], "cdua"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_exit_code_2(run: Run, tmp_path: Path, more: list[str], said: str) -> None:
    known = words(tmp_path)
    for option in ("-m", "-t", "--budget"):
        if option in more:
            place = known.index(option)
            del known[place : place + 2]
    code, out, err = run(*known, *more)
    assert code == 2
    assert said in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err + out


def test_a_strangers_exception_is_one_sentence_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    code, out, err = run(*words(tmp_path, methods="tests.fusion.strangers:Raising"))
    assert code == 1
    assert "error: tests.fusion.strangers:Raising failed (BadError: 1 is not 2): mend it" in err
    assert "Traceback" not in err + out


def test_a_strangers_module_takes_part(run: Run, tmp_path: Path) -> None:
    spec = "tests.fusion.strangers:Heads+modality-dropout"
    code, out, _ = run(*words(tmp_path, "--json", methods=f"concat,{spec}"))
    assert code == 0
    (row,) = [row for row in strict(out)["rows"] if row["name"] == spec]
    assert (row["kind"], row["width"] % 4) == ("method", 0)
    assert row["value"] is not None


def test_ctrl_c_says_that_the_same_command_goes_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [3]

    def interrupted(path: Path, value: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        write_json(path, value)

    with monkeypatch.context() as patch:
        patch.setattr("mmbench.fusion.jobs.write_json", interrupted)
        code, _, err = run(*words(tmp_path))
    assert code == 130
    assert err.endswith(
        "Interrupted. What was stored is kept: run the same command again, it goes on where it stopped.\n"
    )
    assert len(list(tmp_path.glob(".fusion/studies/*/trainings/*/*.json"))) == 2
    assert run(*words(tmp_path))[0] == 0


def test_methods_and_switches_are_listed(run: Run) -> None:
    code, out, _ = run("list", "fusions", "--json")
    assert code == 0
    rows = {row["name"]: row for row in strict(out)}
    assert {"concat", "mult", "tfn", "+modality-dropout", "+gradient-blending"} <= set(rows)
    assert (rows["mult"]["takes"], rows["concat"]["takes"], rows["+modality-dropout"]["takes"]) == (
        "steps", "vectors", "any method",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [("50k", 50_000), ("50K", 50_000), ("1M", 10**6), ("1.5m", 1_500_000), ("50000", 50_000), ("50_000", 50_000), ("50,000", 50_000)],
)  # fmt: skip
def test_budgets_are_read(text: str, count: int) -> None:
    assert parameters(text) == count


@pytest.mark.parametrize("text", ["", "k", "-5", "0", "50kk", "nan", "inf", "1e30", "five"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="give a number of parameters"):
        parameters(text)


def test_encoders_are_read() -> None:
    assert encoders(["image=open_clip:ViT-B-32/openai", " text = a=b"]) == {
        "image": "open_clip:ViT-B-32/openai", "text": "a=b",
    }  # fmt: skip
    for wrong in ("image", "=x", "image="):
        with pytest.raises(UserError, match="write the modality and a model"):
            encoders([wrong])
