"""A study: what is stored is not done again, who is chosen, how often the test split is read, and what a crash leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from mmbench.errors import RunFailedError, UserError
from mmbench.files import read_json, write_json
from mmbench.fusion import jobs
from mmbench.fusion.data.stored import FusionData
from mmbench.fusion.entries import ENSEMBLE
from mmbench.fusion.study import Study
from mmbench.fusion.testing import LOG, outputs_of
from mmbench.fusion.training import train
from tests.fusion.conftest import Made
from tests.fusion.small_tasks import numbers
from tests.fusion.tiny import compared, given

METHODS = ("linear-sum", "mlb")
FLOORS = ("decision-average", "only-a", "only-b", ENSEMBLE)
STRANGERS = "tests.fusion.strangers"


@pytest.fixture
def data(made: Made) -> FusionData:
    return made(given())


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """How many networks were trained of each entry under each seed."""
    found: Counter[tuple[str, int]] = Counter()

    def counted(one: Any, *rest: Any) -> Any:
        found[one.name, rest[6]] += 1
        return train(one, *rest)

    monkeypatch.setattr(jobs, "train", counted)
    return found


def reads(found: Study) -> Counter[tuple[str, int]]:
    lines = (found.place.study / LOG).read_text().splitlines()
    return Counter((one["entry"], one["seed"]) for one in map(json.loads, lines))


def files(found: Study) -> dict[str, bytes]:
    """The weights, and of the records all but times."""
    kept = {}
    for path in sorted(found.place.study.rglob("trial-*")):
        name = str(path.relative_to(found.place.study))
        if path.suffix == ".safetensors":
            kept[name] = path.read_bytes()
        elif "trainings" in name:
            facts = read_json(path)
            facts.pop("seconds")
            for network in (one for fold in facts["folds"] for one in fold["networks"]):
                network.pop("seconds")
            kept[name] = json.dumps(facts).encode()
    return kept


def results(found: Study) -> dict[str, Any]:
    return {one.entry.name: [outputs_of(found.place, job)["all"].tolist() for job in one.jobs] for one in found.chosen}


def record(found: Study, name: str, trial: int, seed: int = 0) -> Path:
    (path,) = (found.place.study / "trainings").glob(f"{name}-*/trial-{trial:03d}-seed-{seed}.json")
    return path


def change(path: Path, **facts: Any) -> None:
    write_json(path, read_json(path) | facts)


def test_nothing_is_trained_or_tested_twice(
    data: FusionData, tmp_path: Path, trainings: Counter[tuple[str, int]]
) -> None:
    first = compared(data, METHODS, tmp_path)
    parts = {name: 2 if name == ENSEMBLE else 1 for name in (*METHODS, *FLOORS)}
    assert trainings == {(name, seed): (2 if seed == 0 else 1) * n for name, n in parts.items() for seed in (0, 1)}
    assert reads(first) == dict.fromkeys([(name, seed) for name in parts for seed in (0, 1)], 1)
    trainings.clear()
    again = compared(data, METHODS, tmp_path)
    assert not trainings
    assert reads(again) == reads(first)
    assert results(again) == results(first)


def test_more_seeds_trials_and_methods_add_only_what_is_new(
    data: FusionData, tmp_path: Path, trainings: Counter[tuple[str, int]]
) -> None:
    compared(data, METHODS, tmp_path, trials=1, seeds=1)
    trainings.clear()
    compared(data, METHODS, tmp_path, trials=1, seeds=2)
    assert {seed for _, seed in trainings} == {1}
    assert trainings["mlb", 1] == 1
    trainings.clear()
    compared(data, [*METHODS, "gmu"], tmp_path, trials=1, seeds=2)
    assert trainings == {("gmu", 0): 1, ("gmu", 1): 1}
    trainings.clear()
    found = compared(data, "gmu", tmp_path, trials=2, seeds=1)
    assert trainings == {(name, 0): 1 + (name == ENSEMBLE) for name in ("gmu", *FLOORS)}
    assert [[len(trials) for trials in one.searches] for one in found.chosen] == [[2]] * 5


def test_a_search_per_seed_adds_the_trials_of_the_other_seeds(
    data: FusionData, tmp_path: Path, trainings: Counter[tuple[str, int]]
) -> None:
    """Each seed keeps its own choice, and a seed that now chooses another one looks at the test split again."""
    first = compared(data, "mlb", tmp_path, trials=2, seeds=2)
    (chosen,) = {one.picks for one in first.chosen if one.entry.name == "mlb"}
    other = 1 - chosen[1]
    trainings.clear()
    compared(data, "mlb", tmp_path, trials=2, seeds=2, search_per_seed=True)
    assert trainings == {(name, 1): 1 + (name == ENSEMBLE) for name in ("mlb", *FLOORS)}
    change(record(first, "mlb", chosen[0], seed=0), valid=0.9)
    change(record(first, "mlb", other, seed=0), valid=0.7)
    change(record(first, "mlb", chosen[1], seed=1), valid=0.5)
    change(record(first, "mlb", other, seed=1), valid=0.8)
    trainings.clear()
    found = {one.entry.name: one for one in compared(data, "mlb", tmp_path, seeds=2, search_per_seed=True).chosen}
    mlb = found["mlb"]
    assert not trainings
    assert (mlb.picks, mlb.reads) == ((chosen[0], other), 2)
    assert [job.trial for job in mlb.jobs] == [one["trial"] for one in mlb.looks] == [chosen[0], other]
    assert mlb.expected(higher_is_better=True) == pytest.approx([(0.8 + 0.65) / 2, (0.85 + 0.725) / 2])


def test_processes_change_no_bit(data: FusionData, tmp_path: Path) -> None:
    alone, many = compared(data, "mlb", tmp_path / "1"), compared(data, "mlb", tmp_path / "2", workers=2)
    assert files(alone)
    assert files(alone) == files(many)
    assert results(alone) == results(many)
    assert reads(alone) == reads(many)


def test_a_study_that_was_killed_goes_on_to_the_same_results(data: FusionData, tmp_path: Path) -> None:
    whole = compared(data, METHODS, tmp_path / "whole")
    script = """
import os, signal, sys
from pathlib import Path
from mmbench.fusion import jobs, testing
from mmbench.fusion.data.reading import open_data
from tests.fusion.tiny import compared

left = int(sys.argv[3])
def write(path, value, real=jobs.write_json):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, value)

jobs.write_json = testing.write_json = write
compared(open_data(sys.argv[1]), ("linear-sum", "mlb"), Path(sys.argv[2]))
"""
    for left in (5, 15):  # of trainings, then of looks
        words = [sys.executable, "-c", script, data.folder, tmp_path / "killed", left]
        assert subprocess.run(list(map(str, words)), cwd=Path(__file__).parents[2]).returncode == -9
    ended = compared(data, METHODS, tmp_path / "killed")
    assert files(ended) == files(whole)
    assert results(ended) == results(whole)
    assert {one.entry.name: one.reads for one in ended.chosen} == dict.fromkeys((*METHODS, *FLOORS), 1)


def test_a_damaged_record_is_trained_again_to_the_same_bits(
    data: FusionData, tmp_path: Path, trainings: Counter[tuple[str, int]]
) -> None:
    found = compared(data, "mlb", tmp_path)
    before = files(found)
    path = record(found, "mlb", 1)
    for damage in (b"{", b"[]", b""):
        path.write_bytes(damage)
        trainings.clear()
        assert files(compared(data, "mlb", tmp_path)) == before
        assert trainings == {("mlb", 0): 1}


def test_damaged_weights_are_said_before_they_are_tested(data: FusionData, tmp_path: Path) -> None:
    found = compared(data, "mlb", tmp_path, seeds=1)
    (chosen,) = [one for one in found.chosen if one.entry.name == "mlb"]
    path = found.place.weights(chosen.jobs[0])
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for look in (found.place.study / "tests").rglob("*.json"):
        look.unlink()
    with pytest.raises(UserError, match=r"safetensors is missing or damaged: delete .*json and run the same command"):
        compared(data, "mlb", tmp_path, seeds=1)
    found.place.record(chosen.jobs[0]).unlink()
    assert results(compared(data, "mlb", tmp_path, seeds=1)) == results(found)


def test_one_process_works_with_one_thread_and_gives_the_others_back(data: FusionData, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        compared(data, "mlb", tmp_path, trials=1, seeds=1, updates=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_look_with_other_weights_is_taken_again(data: FusionData, tmp_path: Path) -> None:
    found = compared(data, "mlb", tmp_path, seeds=1)
    (look,) = (found.place.study / "tests").glob("mlb-*/*.json")
    change(look, weights="of another machine")
    assert reads(compared(data, "mlb", tmp_path, seeds=1))["mlb", 0] == 2
    assert read_json(look)["weights"] == read_json(record(found, "mlb", found.chosen[0].picks[0]))["weights"]


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_damaged_look_is_taken_again(data: FusionData, tmp_path: Path, suffix: str) -> None:
    found = compared(data, "mlb", tmp_path, seeds=1)
    expected = results(found)
    for path in (found.place.study / "tests").rglob(f"*.{suffix}"):
        path.write_bytes(path.read_bytes()[:50])
    again = compared(data, "mlb", tmp_path, seeds=1)
    assert results(again) == expected
    assert {one.reads for one in again.chosen} == {1}


def test_a_longer_search_that_chooses_anew_reads_the_test_split_a_second_time(data: FusionData, tmp_path: Path) -> None:
    compared(data, "mlb", tmp_path, trials=1, seeds=1)
    first = compared(data, "mlb", tmp_path, trials=2, seeds=1)
    change(record(first, "mlb", 0), valid=0.1)
    change(record(first, "mlb", 1), valid=0.9)
    change(record(first, "only-a", 1), valid=0.0)
    change(record(first, "only-a", 0), valid=0.9)
    found = {one.entry.name: one for one in compared(data, "mlb", tmp_path, trials=2, seeds=1).chosen}
    assert (found["mlb"].picks, found["mlb"].reads) == ((1,), 2)
    assert (found["only-a"].picks, found["only-a"].reads) == ((0,), 1)


def test_the_best_trial_is_chosen_on_validation_and_of_equals_the_first(data: FusionData, tmp_path: Path) -> None:
    first = compared(data, "mlb", tmp_path, trials=3, seeds=1)
    for trial, valid in enumerate((0.5, 0.7, 0.7)):
        change(record(first, "mlb", trial), valid=valid)
    found = {one.entry.name: one for one in compared(data, "mlb", tmp_path, trials=3, seeds=1).chosen}
    assert found["mlb"].picks == (1,)
    assert found["mlb"].expected(higher_is_better=True) == pytest.approx(
        [
            (0.5 + 0.7 + 0.7) / 3,
            sum(max(a, b) for a in (0.5, 0.7, 0.7) for b in (0.5, 0.7, 0.7)) / 9,
            0.5 / 27 + 0.7 * 26 / 27,
        ]
    )


def test_who_cannot_meet_the_budget_is_refused_by_name_and_left_out_of_all(data: FusionData, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mult needs at least .* and the budget is 80"):
        compared(data, ["all", "mult"], tmp_path, budget=80)
    found = compared(data, "all", tmp_path, budget=80, trials=1, seeds=1, updates=2)
    names = {one.entry.name for one in found.chosen}
    assert "concat" in names
    assert "mult" not in names
    assert any(sentence.startswith("mult is left out: mult needs at least") for sentence in found.left_out)
    with pytest.raises(UserError, match="No method fits a budget of 3 parameters here"):
        compared(data, "all", tmp_path, budget=3)


def test_a_method_that_never_gives_a_number_is_said(made: Made, tmp_path: Path) -> None:
    data = made(given(target="number"), numbers())
    with pytest.raises(UserError, match="No trial of tests.fusion.strangers:Silent gave a number"):
        compared(data, f"{STRANGERS}:Silent", tmp_path)


@pytest.mark.parametrize(
    ("name", "workers", "error", "said"),
    [
        ("Flat", 1, UserError, r"Flat gave a tensor of shape \(32,\) where a tensor \(32, \d+\) was expected"),
        ("Raising", 1, RunFailedError, r"Raising failed \(BadError: 1 is not 2\): mend it"),
        ("Raising", 2, RunFailedError, r"Raising failed \(BadError: 1 is not 2\): mend it"),
    ],
)
def test_a_strangers_fault_is_one_sentence_that_names_it(
    data: FusionData, tmp_path: Path, name: str, workers: int, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        compared(data, f"{STRANGERS}:{name}", tmp_path, workers=workers)


def test_a_worker_that_is_killed_is_said_and_what_was_done_is_kept(data: FusionData, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="A worker process was killed, perhaps for want of memory"):
        compared(data, f"{STRANGERS}:Deadly", tmp_path, workers=2)
    found = compared(data, f"{STRANGERS}:Deadly", tmp_path)
    assert {one.reads for one in found.chosen} == {1}


def test_ctrl_c_ends_the_processes(data: FusionData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    from mmbench.fusion import crew

    others = set(multiprocessing.active_children())

    def interrupted(*how: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(crew, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compared(data, "mlb", tmp_path, workers=2)
    assert set(multiprocessing.active_children()) == others
    assert not list(tmp_path.rglob("trial-*"))  # it did not wait for what was in the queue


def test_the_processes_end_with_the_one_that_started_them(data: FusionData, tmp_path: Path) -> None:
    script = """
import os, signal, sys
from multiprocessing import active_children
from pathlib import Path
from mmbench.fusion import crew
from mmbench.fusion.data.reading import open_data
from tests.fusion.tiny import compared

def killed(*how, **more):
    print(*[process.pid for process in active_children()], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    crew.wait = killed
    compared(open_data(sys.argv[1]), "mlb", Path(sys.argv[2]), workers=2)
"""
    (tmp_path / "script.py").write_text(script)
    words = [sys.executable, tmp_path / "script.py", data.folder, tmp_path / "killed"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        list(map(str, words)), env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as begun:
        out, _ = begun.communicate(timeout=120)  # the pipe is closed when the last process that has it is gone
    assert begun.returncode == -signal.SIGKILL
    assert len(out.split()) == 2


def test_a_strangers_changed_source_is_another_method(
    data: FusionData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trainings: Counter[tuple[str, int]]
) -> None:
    source = (
        "from tests.fusion.strangers import Plain\n\nclass Mine(Plain):\n"
        "    def forward(self, inputs, masks):\n        return super().forward(inputs, masks) * {}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = []
    for factor in ("1.0", "1.0", "30.0"):
        trainings.clear()
        (tmp_path / "changing.py").write_text(source.format(factor))
        sys.modules.pop("changing", None)
        study = compared(data, "changing:Mine", tmp_path / "out", trials=1, seeds=1)
        (mine,) = [one for one in study.chosen if one.entry.name == "changing:Mine"]
        found.append((trainings["changing:Mine", 0], mine.reads))
    sys.modules.pop("changing", None)
    assert found == [(1, 1), (0, 1), (1, 2)]
