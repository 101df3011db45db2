"""What a run would take and what it took: the estimate before, the stop on the way, the record afterwards; and where a model runs."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

import mmbench
from mmbench.cli.estimates import duration
from mmbench.errors import UserError
from mmbench.models.base import ModelCard
from mmbench.runs.records import find_runs
from mmbench.samples import Modality, Request, Response, Usage
from tests.cli.test_cli import Run, run
from tests.fakes import SIZE, Pixels

__all__ = ["run"]
PRICE = 0.05


class Priced(Pixels):
    """Streams answers at a price, and says so before."""

    card = ModelCard("priced", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def __init__(self, device: str = "cpu", dtype: str = "float32") -> None:
        super().__init__()
        self.device, self.dtype = device, dtype

    def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            yield Response(request.sample_id, "red", usage=Usage(11, 1, PRICE, 0.5, 2))

    def estimate(self, requests: Iterable[Request]) -> Usage:
        n = len(list(requests))
        return Usage(11 * n, n, PRICE * n)


class Unpriced(Pixels):
    """Knows nothing of prices."""

    card = ModelCard("unpriced", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [Response(request.sample_id, "red") for request in requests]


def words(folder: Path, *more: object, model: str = "Priced", task: str = "fake.open") -> list[object]:
    return ["run", "-m", f"{__name__}:{model}", "-t", task, "-o", folder, *more]


def test_a_dry_run_says_what_would_be_paid_and_asks_nothing(run: Run, tmp_path: Path) -> None:
    mmbench.load_dataset("fake")
    code, out, _ = run(*words(tmp_path, "--dry-run", "--max-cost", "1.5"))
    assert code == 0
    assert "Together about $2.00 at the prices that the model was given; --max-cost is a hard stop." in out
    assert "That is above --max-cost 1.5: the run would stop there" in out
    (row,) = json.loads(run(*words(tmp_path, "--dry-run", "--json"))[1])
    assert (row["to ask"], row["tokens in"], row["tokens out"], row["US$"]) == (SIZE, 11 * SIZE, SIZE, PRICE * SIZE)
    assert "seconds" not in row  # nothing was run yet
    assert not list(tmp_path.iterdir())


def test_a_stop_at_the_money_is_exit_code_1_and_the_same_command_goes_on(run: Run, tmp_path: Path) -> None:
    code, _, err = run(*words(tmp_path, "--max-cost", "1"))
    assert code == 1
    assert "stopped at --max-cost 1: $1.0000 were spent and 20 items are left" in err
    (row,) = json.loads(run(*words(tmp_path, "--dry-run", "--json"))[1])
    assert (row["stored"], row["to ask"], row["US$"]) == (20, 20, 1.0)
    code, out, _ = run(*words(tmp_path, "--max-cost", "1"))
    assert code == 0
    assert "(440 tokens in, 40 tokens out, $2.0000)" in out
    assert "Nothing is left to ask." in run(*words(tmp_path, "--dry-run"))[1]


def test_a_run_records_what_it_took_and_on_what(run: Run, tmp_path: Path) -> None:
    assert run(*words(tmp_path, "--device", "gpu7", "--dtype", "int4"))[0] == 0
    (found,) = find_runs(tmp_path)
    facts = found.record["provenance"]
    usage = {"input_tokens": 11 * SIZE, "output_tokens": SIZE, "cost": PRICE * SIZE, "attempts": 2 * SIZE}
    assert facts["usage"] == {**usage, "seconds_per_item": {"median": 0.5, "p95": 0.5}}
    assert (facts["device"], facts["dtype"], facts["accelerator"]) == ("gpu7", "int4", None)
    assert facts["samples_per_second"] > 0
    assert facts["libraries"]["numpy"]
    assert set(facts["seconds_in"]) == {"fit", "model", "decoding", "decoding_ahead"}
    table = found.samples
    assert table["cost"].tolist() == [PRICE] * SIZE
    assert table["attempts"].tolist() == [2] * SIZE
    assert next(iter(table.columns)) == "id"


def test_a_board_says_what_its_rows_took(run: Run, tmp_path: Path) -> None:
    assert run(*words(tmp_path / "runs", "--dtype", "float16"))[0] == 0
    assert run("leaderboard", "build", tmp_path / "runs", "--out", tmp_path / "board")[0] == 0
    with (tmp_path / "board" / "scores.csv").open() as handle:
        (row,) = [row for row in csv.DictReader(handle) if row["metric"] == "accuracy"]
    assert (row["dtype"], row["input_tokens"], float(row["cost"])) == ("float16", str(11 * SIZE), PRICE * SIZE)


def test_what_nobody_knows_is_not_recorded(run: Run, tmp_path: Path) -> None:
    assert run(*words(tmp_path, model="Unpriced"))[0] == 0
    (found,) = find_runs(tmp_path)
    assert set(found.record["provenance"]["usage"]) == {"seconds_per_item"}
    assert {"cost", "input_tokens"} & set(found.samples.columns) == set()
    assert found.samples["seconds"].gt(0).all()


def test_the_time_of_a_run_is_that_of_earlier_runs_of_the_model(run: Run, tmp_path: Path) -> None:
    run(*words(tmp_path, "--limit", "10", model="Unpriced"))
    (record,) = tmp_path.rglob("run.json")
    fields = json.loads(record.read_text())
    fields["provenance"]["samples_per_second"] = 0.1
    record.write_text(json.dumps(fields))
    out = run(*words(tmp_path, "--dry-run", model="Unpriced"))[1]
    assert "Together about 7 min, at the speed of earlier runs of the model." in out
    assert "$" not in out
    (row,) = json.loads(run(*words(tmp_path, "--dry-run", "--json", model="Unpriced", task="fake.t2i"))[1])
    assert "seconds" not in row  # another kind of task


def test_a_run_that_failed_says_how_to_ask_again_for_what_failed_and_does(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Priced, requests: Iterable[Request]) -> Iterator[Response]:
        for number, request in enumerate(requests):
            text, error = ("red", None) if number < 38 else ("", "server gone")
            yield Response(request.sample_id, text, error=error, usage=Usage(cost=PRICE))

    with monkeypatch.context() as patch:
        patch.setattr(Priced, "stream", gone)
        code, _, err = run(*words(tmp_path))
    assert code == 1
    assert "failed, above --max-errors 0.01 (the first, test-38: server gone)" in err
    assert "mend the cause and run again with --retry-errors" in err
    (row,) = json.loads(run(*words(tmp_path, "--dry-run", "--retry-errors", "--json"))[1])
    assert (row["stored"], row["to ask"]) == (38, 2)
    assert run(*words(tmp_path, "--retry-errors"))[0] == 0
    (found,) = find_runs(tmp_path)
    assert found.report["n_errors"] == 0


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "under 1 s"), (40, "40 s"), (89.9, "90 s"), (720, "12 min"), (12_600, "3.5 h")]
)
def test_durations_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_device_for_a_model_that_takes_none_or_is_made_already_is_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run(*words(tmp_path, "--device", "cpu", model="Unpriced"))
    assert code == 2
    assert "does not take a device: leave --device out" in err
    with pytest.raises(UserError, match="yours was made already"):
        mmbench.evaluate(Unpriced(), "fake.open", device="cpu", output_dir=tmp_path)
