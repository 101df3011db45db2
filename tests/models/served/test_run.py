"""A whole run against the server: scores, records without the key, and ``kill -9`` in the middle."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.planning import Options
from mmbench.errors import RunFailedError
from mmbench.models import load_model
from mmbench.runs.records import Run
from tests.fakes import COLOURS, SIZE, card, question_task, register
from tests.models.served.conftest import FakeClock
from tests.openai_server import KEY, LocalServer

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import pytest
from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.planning import Options
from mmbench.models import load_model
from mmbench.runs.records import Run
from tests.fakes import card, question_task, register
register(pytest.MonkeyPatch(), card())
model = load_model("openai:" + sys.argv[1] + "#name")
evaluate_one(model, question_task(), Options(Path(sys.argv[2]), batch_size=8, progress=False))
"""


def colour(text: str) -> str:
    return COLOURS[int(text.rsplit(" ", 1)[1]) % 4]


def stored(folder: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in folder.rglob("responses.jsonl"))


def run(server: LocalServer, folder: Path, **arguments: Any) -> Run:
    model = load_model(f"openai:{server.url}#name", **arguments)
    return evaluate_one(model, question_task(), Options(folder, batch_size=8, progress=False, max_errors=0.05))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, card())


@pytest.mark.usefixtures("fakes", "clock")
def test_a_run_with_faults_scores_as_one_without(server: LocalServer, tmp_path: Path) -> None:
    server.reply = colour
    for index, kind in enumerate(("cut", "malformed", "rst", "no_choices", "twice", "cut_chunked")):
        server.fault(f"test {index}", kind, times=2)
    server.fault("test 30", "status", status=429, headers={"Retry-After": "30"}, times=3)
    found = run(server, tmp_path)
    assert found.scores.set_index("metric").loc["accuracy", "value"] == 1.0
    texts = Counter(server.texts())
    assert set(texts) == {f"picture test {index}" for index in range(SIZE)}
    assert texts["picture test 30"] == 4
    assert len(server.answered) >= SIZE


@pytest.mark.usefixtures("fakes", "clock")
def test_no_file_of_a_run_holds_the_key(server: LocalServer, tmp_path: Path) -> None:
    """Not even where the server repeats it in its complaint."""
    body = json.dumps({"error": {"message": f"Bearer {KEY} may not see this"}}).encode()
    server.fault("test 7", "status", status=400, body=body)
    found = run(server, tmp_path, input_price=1, output_price=1)
    assert server.log[0].key == KEY
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    record = json.loads((found.folder / "run.json").read_bytes())
    assert record["provenance"]["witnessed"]["served_models"] == ["served-1"]
    assert record["identity"]["model"]["spec"] == f"openai:{server.url}#name"
    assert found.samples.set_index("id").loc["test-7", "error"] == "refused with 400: Bearer *** may not see this"


@pytest.mark.usefixtures("fakes")
def test_a_server_that_went_away_leaves_a_run_that_goes_on(
    server: LocalServer, tmp_path: Path, clock: FakeClock
) -> None:
    server.reply = colour
    fault = server.fault("test 20", "status", status=503)
    with pytest.raises(RunFailedError, match="away or too busy"):
        run(server, tmp_path)
    server.faults.remove(fault)
    done = stored(tmp_path)
    server.log.clear()
    assert run(server, tmp_path, concurrency=2, deadline=60).scores["value"].tolist()[0] == 1.0
    assert done > 0
    assert len(server.texts()) == SIZE - done


@pytest.mark.usefixtures("fakes")
def test_kill_9_loses_no_answer_that_was_stored(server: LocalServer, tmp_path: Path) -> None:
    """One question is never answered. An engine of batches stops at its batch, one that streams stores all the others."""
    server.reply = colour
    server.fault("test 19", "stall")
    command = [sys.executable, "-c", SCRIPT.format(root=str(ROOT)), server.url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        while child.poll() is None:
            server.closing.wait(0.02)
            if (stored(tmp_path), len(server.answered)) in ((16, 23), (SIZE - 1, SIZE - 1)):
                break
        child.kill()
        said = child.communicate()[0]
    assert child.returncode == -9, said.decode()
    done = stored(tmp_path)
    server.faults.clear()
    server.log.clear()
    assert subprocess.run(command, check=True, capture_output=True).returncode == 0
    texts = Counter(server.texts())
    assert len(texts) == SIZE - done
    assert set(texts.values()) == {1}
    assert texts["picture test 19"] == 1
    (scores,) = tmp_path.rglob("scores.json")
    assert json.loads(scores.read_bytes())["scores"][0]["value"] == 1.0
