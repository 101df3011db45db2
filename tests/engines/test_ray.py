"""Ray on this machine: the bytes of one process, with every warning an error; a killed actor costs its batch."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.engines.fleet import questions
from tests.engines.test_shards import batches, run, scores

pytest.importorskip("ray")
pytestmark = pytest.mark.slow  # each starts a Ray of its own, in a process of its own
ROOT = Path(__file__).parent.parent.parent


def ray(folder: Path, model: str, task: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "tests.engines.once", str(folder), model, task]
    return subprocess.run(
        [*command, "workers=2", 'engine="ray"'],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ray_gives_the_bytes_of_one_process_and_a_killed_actor_costs_its_batch(tmp_path: Path) -> None:
    run(tmp_path / "one", "Learns")
    fate = {"FLEET_LOG": str(tmp_path / "log"), "FLEET_KILL": f"self:test-9:{tmp_path / 'dead'}"}
    done = ray(tmp_path / "ray", "Learns", "pairs", **fate)
    assert done.returncode == 0, done.stderr
    assert scores(tmp_path / "ray") == scores(tmp_path / "one")
    asked = Counter(batches(tmp_path / "log"))
    assert asked.pop("fit") == 1
    assert len(asked) == 12  # of each of the two stages
    assert {line: times for line, times in asked.items() if times != 2} == {"test-8 test-9 test-10 test-11": 3}


def test_what_an_actor_raises_is_raised_here(tmp_path: Path) -> None:
    done = ray(tmp_path, "Narrow", "pairs")
    assert done.returncode == 1
    assert "RunFailedError: narrow.embed returned an array of shape (3, 8)" in done.stderr


def test_a_batch_that_kills_every_actor_ends_the_run_and_another_engine_goes_on(tmp_path: Path) -> None:
    done = ray(tmp_path, "Tiny", "questions", FLEET_KILL="self:test-30:")
    assert done.returncode == 1
    assert "RunFailedError: Ray gave up" in done.stderr
    run(tmp_path, task=questions(), workers=2)
    run(tmp_path / "whole", task=questions())
    assert scores(tmp_path / "tiny") == scores(tmp_path / "whole")


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.engines.once", str(tmp_path), "Tiny", "pairs", 'engine="ray"']
    done = subprocess.run(
        [*command, 'ray_address="127.0.0.1:1"'], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "UserError: No Ray cluster answers at 127.0.0.1:1" in done.stderr
