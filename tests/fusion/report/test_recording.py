"""A compared method is an ordinary run: it is found, read, ranked and compared like that of any model."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
from mmbench.files import read_json
from mmbench.fusion.report.recording import record
from mmbench.runs.records import Run, find_runs, read_run
from mmbench.tasks.base import Output, Plan
from tests.fusion.small_tasks import CLASSES, bring, classes, rows

TASK = classes(primary="accuracy")
N = 14
Write = Callable[..., Run]


def outputs(share: float, seed: int) -> np.ndarray[Any, Any]:
    """Scores ``(n, 2)`` that are right for about such a share."""
    right = np.arange(N) % 2
    wrong = np.random.default_rng(seed).random(N) >= share
    return np.eye(2)[(right + wrong) % 2]


@pytest.fixture
def plan(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    bring(monkeypatch, rows())
    return TASK.plan(partial(TASK.load, progress=False))


@pytest.fixture
def write(plan: Plan, tmp_path: Path) -> Write:
    """Record what a method gave under some seeds."""

    def write(
        name: str, given: Sequence[np.ndarray[Any, Any]], kind: str = "model", limit: int | None = None, **config: Any
    ) -> Run:
        scored = [plan.score({"all": Output(one, {})}) for one in given]
        model = {
            "name": name, "title": name.title(), "kind": kind, "parameters": 600, "weights": [f"{name}{i}" for i in range(len(given))],
            "config": {"budget": 600, **config}, "modalities": ["features"], "provenance": {"study": "x"},
        }  # fmt: skip
        return record(TASK, plan, scored, model, TASK.load("test").facts, tmp_path / "runs", limit=limit)

    return write


def test_a_run_is_read_back_with_the_mean_over_its_seeds(write: Write, tmp_path: Path) -> None:
    given = [outputs(0.7, seed) for seed in range(3)]
    run = write("mlb", given)
    (found,) = find_runs(tmp_path / "runs")
    assert (found.id, found.folder, found.model) == (run.id, run.folder, "fusion-mlb")
    assert read_run(run.folder).values == run.values
    right = [(one.argmax(1) == np.arange(N) % 2).mean() for one in given]
    score = found.values["accuracy"]
    assert score.value == pytest.approx(np.mean(right))
    assert (score.n, found.report["n_errors"]) == (N, 0)
    assert score.low is not None
    assert score.high is not None
    assert score.low <= np.mean(right) <= score.high
    assert found.record["status"] == "complete"
    assert found.record["identity"]["decoding"] == {"repeats": 3}
    assert found.record["model"]["parameters"] == 600


def test_every_prediction_of_every_seed_is_kept(write: Write) -> None:
    given = [outputs(0.7, seed) for seed in range(2)]
    table = write("mlb", given).samples
    assert table["id"].tolist() == [f"test-{i}{again}" for again in ("", "@2") for i in range(N)]
    expected = [CLASSES[place] for one in given for place in one.argmax(1)]
    assert table["predicted"].tolist() == expected
    assert write("gmu", given[:1]).samples["id"].tolist() == [f"test-{i}" for i in range(N)]


def test_an_id_is_that_of_the_weights_and_the_protocol(write: Write) -> None:
    given = [outputs(0.7, 0)]
    first = write("mlb", given, trials=3)
    assert write("mlb", given, trials=3).id == first.id
    others = [write("mlb", given, trials=4), write("mlb", given * 2, trials=3), write("gmu", given, trials=3)]
    assert len({first.id, *(one.id for one in others)}) == 4
    assert all(one.folder.exists() for one in (first, *others))


def test_a_board_ranks_methods_and_shows_floors_unranked(write: Write, tmp_path: Path) -> None:
    write("mlb", [outputs(1.0, seed) for seed in range(2)])
    write("linear-sum", [outputs(0.6, seed) for seed in range(2)])
    write("majority", [np.tile([1.0, 0.0], (N, 1))] * 2, kind="floor")
    board = mmbench.Leaderboard.from_runs(tmp_path / "runs")
    placed = {row.name: (row.kind, row.cells[TASK.id].standings.get("accuracy")) for row in board.rows}
    ranks = {name: (kind, None if one is None else one.rank) for name, (kind, one) in placed.items()}
    assert ranks == {
        "fusion-mlb": ("model", 1), "fusion-linear-sum": ("model", 2), "fusion-majority": ("floor", None),
    }  # fmt: skip
    assert "| *floor* | fusion-majority |" in board.to_markdown()


def test_two_methods_are_compared_sample_by_sample(write: Write) -> None:
    runs = [write("linear-sum", [outputs(0.5, seed) for seed in range(2)]), write("mlb", [outputs(1.0, 9)] * 2)]
    (found,) = mmbench.compare([run.folder for run in runs]).pairs
    assert (found.a, found.b, found.metric, found.better) == ("fusion-linear-sum", "fusion-mlb", "accuracy", "b")
    values = [run.values["accuracy"].value for run in runs]
    assert (found.value_a, found.value_b) == pytest.approx(tuple(values))
    assert found.p_value is not None
    assert found.p_value < 0.05


def test_a_limited_run_is_partial(write: Write) -> None:
    assert write("mlb", [outputs(0.7, 0)], limit=10).limit == 10
    assert read_json(write("mlb", [outputs(0.7, 0)]).folder / "run.json")["identity"]["limit"] is None
