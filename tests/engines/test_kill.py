"""``kill -9`` at chosen moments: the run goes on, does at most one batch twice, and gives the same bytes."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BATCHES = 10  # two stages of 40 items in batches of 8
SCRIPT = """
import os, signal, sys
from pathlib import Path
import pytest
sys.path.insert(0, {root!r})
import mmbench.runs.scoring, mmbench.runs.store as store
import mmbench.engines.evaluation as evaluation, mmbench.engines.recording as recording
from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.planning import Options
from mmbench.models import LoadedModel
from mmbench.models.base import ModelCard
from mmbench.samples import Modality
from tests.fakes import Pixels, card, question_task, register, retrieval_task

moment, folder, kind = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
count = [0]
log = open(Path(folder) / "asked.log", "a")

class Watched(Pixels):
    def embed(self, samples, **how):
        return self.watch(samples, lambda: super(Watched, self).embed(samples, **how))
    def generate(self, requests):
        return self.watch(requests, lambda: super(Watched, self).generate(requests))
    def watch(self, items, answer):
        count[0] += 1
        print(json_ids(items), file=log, flush=True)
        if moment == "batch" and count[0] == 4:
            die()
        return answer()

class Streamed(Watched):
    def stream(self, requests):
        for request in requests:
            yield from self.generate([request])

def json_ids(items):
    return [getattr(item, "id", None) or item.sample_id for item in items]

append = store.append_lines
def journal(path, lines):
    if moment == "journal" and count[0] == 3:
        if kind != "t2i":
            with path.open("ab") as handle:
                handle.write(lines[0][: len(lines[0]) // 2].encode())
        die()
    append(path, lines)
store.append_lines = journal

def scoring(*args):
    if moment == "scoring":
        die()
    return mmbench.runs.scoring.report(*args)
recording.report = scoring

def late(job, status, facts, real=evaluation.write_record):
    if moment == "record" and status == "complete":
        die()
    real(job, status, facts)
evaluation.write_record = late

monkeypatch = pytest.MonkeyPatch()
register(monkeypatch, card())
both = frozenset({{Modality.IMAGE, Modality.TEXT}})
model = LoadedModel(Streamed() if kind == "stream" else Watched(), ModelCard("watched", "1", both), None, {{}}, "1")
task = retrieval_task() if kind == "t2i" else question_task()
evaluate_one(model, task, Options(Path(folder) / "runs", batch_size=8, progress=False))
"""


def child(moment: str, folder: Path, kind: str) -> int:
    folder.mkdir(exist_ok=True)
    script = SCRIPT.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", script, moment, str(folder), kind], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


def scores(folder: Path) -> bytes:
    (path,) = (folder / "runs").rglob("scores.json")
    return path.read_bytes()


def asked(folder: Path) -> list[list[str]]:
    return [json.loads(line.replace("'", '"')) for line in (folder / "asked.log").read_text().splitlines()]


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        *itertools.product(["batch", "journal", "scoring", "record"], ["t2i", "open"]),
        ("batch", "stream"),
        ("journal", "stream"),
    ],
)
def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path: Path, moment: str, kind: str) -> None:
    assert child("never", tmp_path / "whole", kind) == 0
    assert child(moment, tmp_path / "killed", kind) == -9
    assert child("never", tmp_path / "killed", kind) == 0
    assert scores(tmp_path / "killed") == scores(tmp_path / "whole")
    whole, killed = asked(tmp_path / "whole"), asked(tmp_path / "killed")
    twice = len(killed) - len(whole)
    assert twice == (1 if moment in ("batch", "journal") else 0)
    assert sorted({tuple(batch) for batch in killed}) == sorted({tuple(batch) for batch in whole})
