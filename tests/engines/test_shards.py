"""Shards: any cut gives the same bytes, the last one scores, one fits, and what must not meet does not."""

import os
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import mmbench
from mmbench.engines.shards import Launch, Shard, launched, parse_shard
from mmbench.errors import UserError
from mmbench.runs.records import Pending, Run, find_runs
from mmbench.tasks.base import Task
from tests.engines.fleet import BATCH, SIZE, Tiny, pairs, questions


def run(folder: Path, model: str = "Tiny", task: Task | None = None, **options: Any) -> Run:
    found = mmbench.evaluate(
        f"tests.engines.fleet:{model}", task or pairs(), output_dir=folder, batch_size=BATCH, progress=False, **options
    )
    assert not isinstance(found, list)
    return found


def scores(folder: Path) -> bytes:
    (found,) = find_runs(folder)
    return (found.folder / "scores.json").read_bytes()


def batches(log: Path) -> list[str]:
    return [line.partition(" ")[2] for line in log.read_text().splitlines()]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLEET_LOG", str(tmp_path / "fleet.log"))
    return tmp_path / "fleet.log"


@pytest.mark.parametrize("make", [pairs, questions])
@pytest.mark.parametrize("count", [2, 4])
def test_any_number_of_shards_gives_the_bytes_of_one(tmp_path: Path, log: Path, make: Any, count: int) -> None:
    whole = run(tmp_path / "whole", task=make())
    alone = batches(log)
    log.unlink()
    order = [*range(2, count + 1), 1]
    found = [run(tmp_path / "cut", task=make(), shard=f"{number}/{count}") for number in order]
    assert [type(one) for one in found] == [Pending] * (count - 1) + [Run]
    assert sorted(batches(log)) == sorted(alone)
    assert scores(tmp_path / "cut") == scores(tmp_path / "whole")
    both = [one.samples.drop(columns="seconds") for one in (whole, found[-1])]  # how long it took is another thing
    assert both[0].equals(both[1])


def test_a_part_says_what_is_left_to_others(tmp_path: Path) -> None:
    first = run(tmp_path, task=questions(), shard="1/3")
    assert isinstance(first, Pending)
    assert (first.shard, first.asked, first.left) == ("1/3", SIZE // 3, SIZE - SIZE // 3)
    assert not list(tmp_path.rglob("scores.json"))
    with pytest.raises(UserError, match="shard 1/3 is done, 32 items are left to others.* no scores yet"):
        first.scores  # noqa: B018


def test_a_finished_run_is_given_by_the_first_shard_only(tmp_path: Path, log: Path) -> None:
    run(tmp_path)
    asked = batches(log)
    again = [run(tmp_path, shard=f"{number}/2") for number in (1, 2)]
    assert [type(one) for one in again] == [Run, Pending]
    assert batches(log) == asked


def test_another_cut_goes_on_and_asks_nothing_twice(tmp_path: Path, log: Path) -> None:
    run(tmp_path / "whole")
    alone = batches(log)
    log.unlink()
    run(tmp_path / "cut", shard="2/3")
    run(tmp_path / "cut", shard="1/2")
    run(tmp_path / "cut")
    assert sorted(batches(log)) == sorted(alone)
    assert scores(tmp_path / "cut") == scores(tmp_path / "whole")


def test_one_shard_fits_and_the_others_restore(tmp_path: Path, log: Path) -> None:
    run(tmp_path / "whole", "Learns")
    log.unlink()
    for number in (1, 2, 3):
        run(tmp_path / "cut", "Learns", shard=f"{number}/3")
    assert batches(log).count("fit") == 1
    assert scores(tmp_path / "cut") == scores(tmp_path / "whole")


def test_a_model_that_cannot_be_restored_fits_in_each(tmp_path: Path, log: Path) -> None:
    for number in (1, 2):
        run(tmp_path, "Forgets", shard=f"{number}/2")
    assert batches(log).count("fit") == 2


def test_a_damaged_part_of_another_shard_is_found_when_it_is_scored(tmp_path: Path) -> None:
    run(tmp_path, shard="1/2")
    part = min(tmp_path.rglob("part-*.safetensors"))
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    with pytest.raises(UserError, match=f"{part.name} is damaged"):
        run(tmp_path, shard="2/2")
    part.unlink()
    assert type(run(tmp_path, shard="1/2")) is Run


def test_what_must_not_meet_does_not(tmp_path: Path) -> None:
    pending = run(tmp_path, shard="1/2")
    assert isinstance(pending, Pending)
    with FileLock(pending.folder / ".lock-shard-2-of-2"):
        with pytest.raises(UserError, match="1 shards are writing .*shard-2-of-2.* wait for them"):
            run(tmp_path)
        with pytest.raises(UserError, match="in another number of shards"):
            run(tmp_path, shard="1/4")


def test_two_processes_that_say_they_are_one_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbench.engines.locks.PATIENCE", 0.0)
    pending = run(tmp_path, shard="1/2")
    with FileLock(pending.folder / ".lock-shard-1-of-2"), pytest.raises(UserError, match="shard 1/2 .* of its own"):
        run(tmp_path, shard="1/2")
    with FileLock(pending.folder / ".lock"), pytest.raises(UserError, match="then start the shards"):
        run(tmp_path, shard="1/2")


def test_shards_refuse_what_they_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--restart would throw away"):
        run(tmp_path, shard="1/2", restart=True)
    nameless = mmbench.as_model(embed=Tiny().embed, name="nameless")
    with pytest.raises(UserError, match="Nothing identifies nameless"):
        mmbench.evaluate(nameless, pairs(), output_dir=tmp_path, shard="1/2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5/4", "shards are counted from 1, so of 4 they are 1/4 to 4/4"),
        ("0/4", "counted from 1"),
        ("1/0", "counted from 1"),
        ("two", "write 1/4"),
        ("-1/4", "write 1/4"),
    ],
)
def test_what_is_no_shard_is_said(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_shard(text)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        ({"RANK": "2", "WORLD_SIZE": "4", "LOCAL_RANK": "0"}, Launch(Shard(3, 4), 0, "torchrun")),
        ({"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_LOCALID": "1"}, Launch(Shard(6, 8), 1, "Slurm")),
        ({"RANK": "0", "WORLD_SIZE": "1", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"}, None),  # the inner launcher speaks
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, None),
        ({"RANK": "1"}, None),
    ],
)
def test_launchers_say_who_this_is(environment: dict[str, str], found: Launch | None) -> None:
    assert launched(environment) == found


def test_an_environment_that_makes_no_sense_is_said() -> None:
    with pytest.raises(UserError, match="RANK=4, WORLD_SIZE=4, LOCAL_RANK=0, which is no place"):
        launched({"RANK": "4", "WORLD_SIZE": "4"})


def test_evaluate_reads_the_environment_when_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SLURM")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert isinstance(run(tmp_path / "auto", shard="auto"), Pending)
    assert type(run(tmp_path / "alone")) is Run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 0}, "--workers 0 leaves nobody"),
        ({"engine": "spark"}, "no engine 'spark': take one of local, ray"),
        ({"ray_address": "auto"}, "goes with --engine ray"),
    ],
)
def test_engines_that_are_not_there_are_said(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        run(tmp_path, **options)


def test_ray_without_its_extra_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbench.engines.pools.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"--engine ray needs ray, .* pip install 'mmbench\[ray\]'"):
        run(tmp_path, engine="ray")
