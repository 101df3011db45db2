"""Killed at random moments and resumed by an engine drawn at random, until it is done: always the bytes of an unbroken run."""

import os
import random
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.engines.fleet import questions
from tests.engines.test_shards import run, scores

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent.parent
SINGLE = [["workers=1"], ["workers=2"], ["workers=4"], *([["workers=2", 'engine="ray"']] if find_spec("ray") else [])]
SHARDS = [[f'shard="{number}/{count}"' for number in range(1, count + 1)] for count in (2, 4)]
TORCHRUN = [{"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)} for rank in range(2)]


def start(folder: Path, model: str, task: str, options: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engines.once", str(folder), model, task, *options],
        cwd=ROOT,
        env={**os.environ, "FLEET_SLOW": "0.05", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def some(draw: random.Random, folder: Path, model: str, task: str) -> tuple[str, list[subprocess.Popen[bytes]]]:
    """A few processes that work at the run: one engine, the shards of one cut, or two ranks."""
    options = draw.choice([*SINGLE, *SHARDS, ["torchrun"]])
    if options == ["torchrun"]:
        return "torchrun", [start(folder, model, task, ['shard="auto"'], **rank) for rank in TORCHRUN]
    if options in SHARDS:
        return f"{len(options)} shards", [start(folder, model, task, [option]) for option in options]
    return " ".join(options), [start(folder, model, task, options)]


@pytest.mark.parametrize(
    ("seed", "model", "task"), [(1, "Learns", "pairs"), (2, "Tiny", "questions"), (3, "Tiny", "pairs")]
)
def test_killed_at_random_and_resumed_by_another_engine(tmp_path: Path, seed: int, model: str, task: str) -> None:
    draw = random.Random(seed)
    chosen = questions() if task == "questions" else None
    run(tmp_path / "whole", model, chosen)
    history = []
    for _ in range(7):
        name, processes = some(draw, tmp_path / "killed", model, task)
        history.append(name)
        for process in processes:
            try:
                process.wait(timeout=draw.uniform(0.5, 9))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    run(tmp_path / "killed", model, chosen)
    assert scores(tmp_path / "killed") == scores(tmp_path / "whole"), history
