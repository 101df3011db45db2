"""Worker processes: the same bytes, a death costs its batch, and what a worker raises is raised where the run is."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mmbench
from mmbench.engines import shards
from mmbench.engines.pools.processes import DEVICES, THREADS, _surroundings
from mmbench.engines.shards import load_beside_others
from mmbench.errors import RunFailedError, UserError
from mmbench.models.base import ModelCard
from mmbench.runs.records import Run
from tests.engines.fleet import SIZE, Tiny, pairs, questions
from tests.engines.test_shards import batches, log, run, scores

__all__ = ["log"]
ROOT = Path(__file__).parent.parent.parent


def test_workers_give_the_bytes_of_one_process_and_fit_once(tmp_path: Path, log: Path) -> None:
    run(tmp_path / "one", "Learns")
    alone = batches(log)
    log.unlink()
    found = run(tmp_path / "two", "Learns", workers=2)
    assert scores(tmp_path / "two") == scores(tmp_path / "one")
    assert sorted(batches(log)) == sorted(alone)
    assert alone.count("fit") == 1
    assert found.record["provenance"]["workers"] == 2


def test_a_killed_worker_costs_its_batch(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "one", task=questions())
    log.unlink()
    monkeypatch.setenv("FLEET_KILL", f"self:test-9:{tmp_path / 'dead'}")
    run(tmp_path / "two", task=questions(), workers=2)
    again = {line: times for line, times in Counter(batches(log)).items() if times > 1}
    assert again == {"test-8 test-9 test-10 test-11": 2}
    assert scores(tmp_path / "two") == scores(tmp_path / "one")


def test_a_batch_that_kills_every_worker_ends_the_run_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_KILL", "self:test-30:")
    with pytest.raises(
        RunFailedError, match=r"died 3 times in a row \(signal 9\), at last with items 28 to 31 of answers"
    ):
        run(tmp_path, task=questions(), workers=2)
    monkeypatch.delenv("FLEET_KILL")
    assert run(tmp_path, task=questions()).report["n"] == SIZE


def test_a_broken_contract_is_raised_here_and_one_bad_sample_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match=r"narrow.embed returned an array of shape \(3, 8\)"):
        run(tmp_path, "Narrow", workers=2)
    with pytest.raises(RunFailedError, match=r"test-7: StrangeError: no seven please"):
        run(tmp_path, "Raises", workers=2)


def test_an_object_travels_and_one_that_cannot_is_said(tmp_path: Path) -> None:
    class Here(Tiny):
        card = ModelCard("here", "1", Tiny.card.modalities)

    with pytest.raises(UserError, match="here cannot be sent to other processes .* package.module:Factory"):
        mmbench.evaluate(Here(), pairs(), output_dir=tmp_path, workers=2, progress=False)
    found = mmbench.evaluate(Tiny(), questions(), output_dir=tmp_path, workers=2, progress=False)
    assert isinstance(found, Run)
    assert found.report["n"] == SIZE


def test_a_run_whose_process_is_killed_goes_on_with_another_engine(tmp_path: Path, log: Path) -> None:
    run(tmp_path / "whole")
    alone = batches(log)
    log.unlink()
    command = [sys.executable, "-m", "tests.engines.once", str(tmp_path / "killed"), "Tiny", "pairs", "workers=2"]
    fate = {**os.environ, "FLEET_KILL": f"parent:test-30:{tmp_path / 'dead'}"}
    assert subprocess.run(command, cwd=ROOT, env=fate, check=False).returncode == -signal.SIGKILL
    for number in (1, 2):
        run(tmp_path / "killed", shard=f"{number}/2")
    assert scores(tmp_path / "killed") == scores(tmp_path / "whole")
    assert len(batches(log)) - len(alone) <= 2 * 2  # what two workers had in their hands


@pytest.mark.parametrize(("slot", "visible", "given"), [(0, "", "0"), (5, "", "1"), (1, "4,6,7", "6")])
def test_cores_and_accelerators_are_dealt_out(
    monkeypatch: pytest.MonkeyPatch, slot: int, visible: str, given: str
) -> None:
    cuda = SimpleNamespace(is_available=lambda: True, device_count=lambda: 4)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(12), raising=False)
    for name in (*THREADS, DEVICES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    if visible:
        monkeypatch.setenv(DEVICES, visible)
    found = _surroundings(slot, 4)
    assert found == {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", DEVICES: given}


class Placed(Tiny):
    def __init__(self, device: str = "cpu") -> None:
        self.device = device


def test_a_rank_has_the_accelerator_of_its_place_where_its_model_takes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_accelerator", lambda rank: f"cuda:{rank}")
    placed: Any = load_beside_others("tests.engines.test_processes:Placed", 3).model
    assert placed.device == "cuda:3"
    assert isinstance(load_beside_others("tests.engines.fleet:Tiny", 3).model, Tiny)
    with pytest.raises(UserError, match="no-such-model"):
        load_beside_others("no-such-model", 0)
