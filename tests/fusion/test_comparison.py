"""A whole comparison by ``mmbench.compare_fusion``: files, notes, repeats, what it refuses, and what odd data do to it."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
from mmbench.errors import UserError
from mmbench.fusion.comparison import FusionComparison
from mmbench.fusion.report.table import markdown, rows_for_terminal
from mmbench.runs.records import find_runs
from tests.fakes import card, register, retrieval_task
from tests.fusion.small_tasks import CLASSES, TEXT, Given, bring, changed, classes, numbers
from tests.fusion.tiny import LIKE_COMMAND, given, numbered

ACCURACY = classes(primary="accuracy")
Compare = Callable[..., FusionComparison]
FLOORS = {"only-a", "only-b", "unimodal-ensemble", "majority"}


@pytest.fixture
def compare(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """A comparison on rows, without plots, which take seconds."""
    from mmbench.fusion.report import plots

    monkeypatch.setattr(plots, "draw", lambda results: [])

    def compare(rows: Given, task: Any = ACCURACY, **how: Any) -> FusionComparison:
        bring(monkeypatch, rows)
        return mmbench.compare_fusion(
            task, **{**LIKE_COMMAND, "methods": "mlb", "output_dir": tmp_path / "runs", **how}
        )

    return compare


def strict(path: Path) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def rows_of(found: FusionComparison) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in found.results["rows"]}


def test_a_comparison_leaves_a_page_a_table_strict_json_and_a_run_per_row(compare: Compare, tmp_path: Path) -> None:
    found = compare(given(), methods=["mlb", "linear-sum"])
    assert found.page == tmp_path / "runs" / "fusion" / "small.emotion-600" / "index.html"
    assert strict(found.page.with_name("results.json")) == json.loads(json.dumps(found.results))
    assert found.page.read_text().lower().startswith("<!doctype html>")
    assert found.page.with_name("table.md").read_text() == markdown(found.results)
    rows = rows_of(found)
    assert set(rows) == {"mlb", "linear-sum", "decision-average"} | FLOORS
    runs = {run.model.removeprefix("fusion-"): run for run in find_runs(tmp_path / "runs")}
    assert set(runs) == set(rows)
    for name, row in rows.items():
        assert tmp_path / "runs" / row["run"] == runs[name].folder
        assert runs[name].values["accuracy"].value == pytest.approx(row["value"])
        assert row["kind"] == ("floor" if name in FLOORS else "method")
        if name != "majority":
            assert row["parameters"] == pytest.approx(600, rel=0.05)
            assert (row["test_reads"], len(row["per_seed"]), len(row["expected_best"])) == (1, 2, 2)
            assert row["cost"]["train_seconds"] > 0
    assert len(found.results["pairs"]) == 3
    assert found.results["sensitivity"] is None
    assert set(found.rows["name"]) == set(rows)
    assert len(found.pairs) == 3
    assert found.title == "small.emotion: accuracy at 600 parameters, 2 trials, 2 seeds"


def test_the_same_call_gives_the_same_results(compare: Compare) -> None:
    found = [compare(given()).results for _ in range(2)]
    assert found[0] == found[1]


def test_plots_are_on_the_page(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra fusion")
    bring(monkeypatch, given())
    found = mmbench.compare_fusion(ACCURACY, **{**LIKE_COMMAND, "methods": "mlb", "output_dir": tmp_path})
    assert "data:image/svg+xml;base64," in found.page.read_text()


def test_sensitivity_repeats_the_whole_at_half_and_twice_the_budget(compare: Compare) -> None:
    found = compare(given(), trials=1, seeds=1, sensitivity=True)
    again = {one["budget"]: {row["name"]: row for row in one["rows"]} for one in found.results["sensitivity"]}
    assert list(again) == [300, 600, 1200]
    assert {frozenset(rows) for rows in again.values()} == {frozenset({"mlb", "decision-average"} | FLOORS)}
    for name, row in rows_of(found).items():
        assert {key: row[key] for key in ("value", "low", "high", "group")} == {
            key: again[600][name][key] for key in ("value", "low", "high", "group")
        }
    assert found.results["protocol"]["budget"] == 600


def test_a_search_per_seed_says_so_and_is_another_run(compare: Compare, tmp_path: Path) -> None:
    """Where the seeds chose differently, the settings are a list with a value per seed."""
    plain = compare(given())
    found = compare(given(), search_per_seed=True)
    assert found.results["id"] != plain.results["id"]
    assert {row["run"] for row in plain.results["rows"] if row["config"]}.isdisjoint(
        row["run"] for row in found.results["rows"]
    )
    (folder,) = (tmp_path / "runs" / ".fusion" / "studies").glob("*/trainings/mlb-*")
    for seed in (0, 1):
        for trial in (0, 1):
            path = folder / f"trial-00{trial}-seed-{seed}.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | {"valid": 0.5 + 0.1 * (trial == seed)}))
    row = rows_of(compare(given(), search_per_seed=True))["mlb"]
    assert row["config"]["trial"] == [0, 1]
    assert row["config"]["learning_rate"][0] == 0.002
    (run,) = [one for one in find_runs(tmp_path / "runs") if (tmp_path / "runs" / row["run"]) == one.folder]
    assert {"trial", "learning_rate"}.isdisjoint(
        run.record["identity"]["model"]["config"]
    )  # no board names a row by lists
    assert row["expected_best"] == pytest.approx([0.55, 0.575])
    text = found.to_markdown()
    assert "and 2 seeds, each with a search of its own." in text
    assert "dropout, and which of the tried settings a search picks." in text
    assert "They do not cover which settings are tried, another split" in text
    assert "They do not cover the choice of settings, another split" in plain.to_markdown()


def test_a_method_that_half_the_budget_is_too_small_for_is_said_and_kept(compare: Compare) -> None:
    found = compare(given(), methods="mult", budget=250, trials=1, seeds=1, sensitivity=True, updates=2)
    names = {one["budget"]: {row["name"] for row in one["rows"]} for one in found.results["sensitivity"]}
    assert {budget: "mult" in held for budget, held in names.items()} == {125: False, 250: True, 500: True}
    (said,) = [note for note in found.results["notes"] if note.startswith("mult is left out")]
    assert "the budget is 125" in said


def test_a_limited_comparison_is_marked_as_partial(compare: Compare, tmp_path: Path) -> None:
    found = compare(given(), limit=20, trials=1, seeds=1)
    assert found.results["notes"][0] == "Only about 20 test samples: a partial comparison."
    assert {run.limit for run in find_runs(tmp_path / "runs")} == {20}
    assert all(run.primary.n == 20 for run in find_runs(tmp_path / "runs"))


def test_a_second_selection_is_noted(compare: Compare, tmp_path: Path) -> None:
    compare(given(), seeds=1)
    (folder,) = (tmp_path / "runs" / ".fusion" / "studies").glob("*/trainings/mlb-*")
    best = [json.loads((folder / f"trial-00{trial}-seed-0.json").read_text()) for trial in (0, 1)]
    other = int(best[0]["valid"] >= best[1]["valid"])
    (folder / f"trial-00{other}-seed-0.json").write_text(json.dumps(best[other] | {"valid": 1.5}))
    found = compare(given(), seeds=1)
    assert rows_of(found)["mlb"]["test_reads"] == 2
    assert "mlb was chosen anew after its test: 2 selections were tested." in found.results["notes"]


def test_a_wrong_name_is_said_before_anything_is_read(compare: Compare, tmp_path: Path) -> None:
    for methods, said in (
        ("mlbb", "There is no fusion named 'mlbb': did you mean mlb"),
        ("mlb+modality-dropot", r"There is no fusion named '\+modality-dropot': did you mean \+modality-dropout"),
        ("only-a", "only-a is a floor that stands in every comparison"),
        ("majority", "majority is a floor"),
        ("", "No method is named: give --methods all"),
        ("no.such:Module", "The fusion 'no.such:Module' cannot be imported"),
    ):
        with pytest.raises(UserError, match=said):
            compare(given(), methods=methods)
    assert not (tmp_path / "runs").exists()


def test_a_task_that_fusion_cannot_learn_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, card())
    for task, said in (
        (retrieval_task(), "Fusion methods give a class or a number per sample, and fake.t2i asks a model to embed"),
        (classes(TEXT), "small.emotion shows text alone, and there is nothing to fuse"),
        ("openmoji", "and openmoji.[a-z0-9]+ asks a model to embed"),
        ("fusion-xr.class", "There is no task named 'fusion-xr.class': did you mean fusion-xor.class"),
    ):
        with pytest.raises(UserError, match=said):
            mmbench.compare_fusion(task, output_dir=tmp_path, **LIKE_COMMAND)


def test_a_dataset_stands_for_its_only_task_of_the_kind() -> None:
    from mmbench.fusion.comparison import task_of

    assert task_of("fusion-xor").id == "fusion-xor.class"
    assert task_of("cmu-mosi").id == "cmu-mosi.regression"


def test_numbers_that_are_not_finite_are_counted_and_hidden(compare: Compare) -> None:
    rows = given()
    for split, row in (("train", 3), ("train", 5), ("test", 2)):
        values = np.full((1, 4), np.nan if row != 5 else np.inf)
        changed(rows, split, row, a=values.astype(np.float32))
    found = compare(rows, methods="all", trials=1, seeds=1, budget=3000, updates=10)
    assert "2 steps of a in train rows hold numbers that are not finite: they are hidden." in found.results["notes"]
    assert "1 steps of a in test rows hold numbers that are not finite: they are hidden." in found.results["notes"]
    methods = {name: row["value"] for name, row in rows_of(found).items() if row["kind"] == "method"}
    assert len(methods) >= 10
    assert all(0 <= value <= 1 for value in methods.values())


def test_steps_of_no_length_are_a_missing_modality(compare: Compare) -> None:
    rows = given(steps=3)
    for split in rows:
        changed(rows, split, 1, a=np.zeros((0, 4), dtype=np.float32))
    changed(rows, "test", 2, a=np.zeros((0, 4), dtype=np.float32), b=np.zeros((0, 4), dtype=np.float32))
    found = compare(rows, methods="mult,mlb,mbt", trials=1, seeds=1, budget=3000, updates=10)
    assert "a is missing in 2 of 40 test rows." in found.results["notes"]
    assert all(math.isfinite(row["value"]) for row in found.results["rows"])


def constant(rows: Given, name: str) -> Given:
    for split, held in rows.items():
        for row in range(len(held)):
            changed(rows, split, row, **{name: np.full((1, 4), 7.0, dtype=np.float32)})
    return rows


@pytest.mark.parametrize("target", ["class", "number"])
def test_a_constant_modality_is_noted_and_stops_nothing(compare: Compare, target: str) -> None:
    rows = constant(given(target=target), "b")
    found = compare(rows, ACCURACY if target == "class" else numbers())
    assert any(note.startswith("b is the same in every training row") for note in found.results["notes"])
    only = rows_of(found)["only-b"]
    if target == "class":
        assert 0 <= only["value"] <= 1
    else:
        assert only["value"] is only["valid"] is None
        said = "only-b gave no number on validation under any setting, so that it stands with the default."
        assert said in found.results["notes"]
    assert math.isfinite(rows_of(found)["mlb"]["value"])


def test_an_undefined_correlation_is_a_dash_everywhere(compare: Compare, tmp_path: Path) -> None:
    found = compare(given(target="number"), numbers(), methods="mlb,concat")
    rows = rows_of(found)
    assert rows["majority"]["value"] is rows["majority"]["low"] is None
    assert rows["mlb"]["versus_floor"]["name"] != "majority"
    assert strict(found.page.with_name("results.json"))
    line = next(line for line in markdown(found.results).splitlines() if "| majority |" in line)
    assert line.startswith("| *floor* | majority | – |")
    assert rows_for_terminal(found.results)[-1]["method"] == "majority"
    assert "majority" in found.page.read_text()
    (run,) = [one for one in find_runs(tmp_path / "runs") if one.model == "fusion-majority"]
    assert run.primary.value is None


def test_one_class_only_is_refused(compare: Compare) -> None:
    with pytest.raises(UserError, match="All training rows of small.emotion have one label"):
        compare(numbered(given(), lambda split, row: CLASSES[0]))


def test_splits_smaller_than_a_batch_are_whole_batches(compare: Compare) -> None:
    found = compare(given({"train": 6, "validation": 2, "test": 3}), batch_size=128)
    assert found.results["data"]["rows"] == {"train": 6, "valid": 2, "test": 3}
    assert all(math.isfinite(row["value"]) for row in found.results["rows"])


def test_a_budget_that_is_too_small_is_said(compare: Compare) -> None:
    with pytest.raises(
        UserError, match="mlb needs at least .* parameters .* and the budget is 10: choose a larger budget"
    ):
        compare(given(), budget=10)
    with pytest.raises(UserError, match="--trials has to be at least 1, and is 0"):
        compare(given(), trials=0)


def test_three_modalities_are_compared(compare: Compare) -> None:
    rows = given(names=("a", "b", "c"))
    found = compare(rows, trials=1, seeds=1)
    assert {"only-a", "only-b", "only-c"} <= set(rows_of(found))
    assert len(rows_of(found)["mlb"]["analyses"]["subsets"]) == 8


def test_of_folds_every_fold_is_trained_and_the_value_is_their_mean(compare: Compare) -> None:
    plain = given({"test": 60})["test"]
    rows = {"test": [replace(one, meta={**one.meta, "fold": 1 + row // 2 % 3}) for row, one in enumerate(plain)]}
    found = compare(rows, classes(primary="accuracy", folds=3, training=("test", "test")), trials=1, seeds=1)
    assert found.results["data"]["folds"] == 3
    assert math.isfinite(rows_of(found)["mlb"]["value"])


def test_a_strangers_module_is_found_by_worker_processes(
    compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text(
        "import torch\n\n\nclass Fusion(torch.nn.Module):\n"
        "    def __init__(self, dims, width):\n        super().__init__()\n"
        "        self.layer = torch.nn.Linear(sum(dims), width)\n\n"
        "    def forward(self, inputs, masks):\n        return torch.relu(self.layer(torch.cat(inputs, 1)))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    rows = given()
    changed(rows, "test", 0, a=np.full((1, 4), np.nan, dtype=np.float32))  # a module that ignores masks never sees it
    found = compare(rows, methods="theirs:Fusion", workers=2, seeds=1)
    assert math.isfinite(rows_of(found)["theirs:Fusion"]["value"])
    assert rows_of(found)["theirs:Fusion"]["formula"] == "counted"
    sys.modules.pop("theirs", None)


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import mmbench\n"
        "mmbench.compare_fusion('fusion-redundant', methods='mlb', budget=600, trials=1, seeds=1, updates=1, workers=2,"
        f" output_dir={str(tmp_path / 'runs')!r}, progress=False)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(root), "PATH": "",
        "MMBENCH_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert 'has to call this below `if __name__ == "__main__":`' in done.stderr
