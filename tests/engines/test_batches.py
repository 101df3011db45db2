"""Batches that go wrong: memory that is not enough, a model that raises, numbers that do not fit; and draws that can be repeated."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.engines.measures import Tally
from mmbench.errors import RunFailedError
from mmbench.runs.store import Store
from mmbench.samples import MediaError, Request, Response, Sample
from mmbench.tasks.base import Stage
from tests.engines.stages import N, answer, answered, ids, loaded, missing, questions, run, texts


class Model:
    """Embeds and answers; ``before`` sees each call and may raise."""

    def __init__(self, before: Callable[[list[str]], object] = lambda keys: None) -> None:
        self.before, self.calls = before, list[list[str]]()

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        self.calls.append(ids(samples))
        self.before(ids(samples))
        return np.asarray([[float(sample.id[1:]), 1.0] for sample in samples])

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        self.calls.append(ids(requests))
        self.before(ids(requests))
        return [answer(request) for request in requests]


class TorchLikeError(RuntimeError):
    """As torch.OutOfMemoryError, which needs torch."""


def above(size: int, error: Exception) -> Callable[[list[str]], None]:
    def before(keys: list[str]) -> None:
        if len(keys) > size:
            raise error

    return before


def raising_on(*broken: str, error: Exception | None = None) -> Callable[[list[str]], None]:
    def before(keys: list[str]) -> None:
        if found := sorted(set(broken) & set(keys)):
            raise error or KeyError(found[0])

    return before


def sizes(model: Model) -> list[int]:
    return [len(call) for call in model.calls]


def values(store: Store, stage: Stage | None = None) -> Any:
    return np.asarray(store.read(stage or texts()).values)


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


STAGES = pytest.mark.parametrize("stage", [texts(), questions()], ids=["embed", "generate"])


@STAGES
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        TorchLikeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99"
        ),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_batch_is_halved_until_memory_is_enough_and_later_ones_begin_there(
    tmp_path: Path, stage: Stage, error: Exception
) -> None:
    model, tally = Model(above(3, error)), Tally()
    store = run(tmp_path, model, stage, tally=tally)
    assert sizes(model) == [8, 4, *[2] * 20]  # on the grid of the batches of 8
    assert not store.errors(stage)
    assert store.noted("halved", stage.name) == [{"event": "halved", "stage": stage.name, "start": 0, "size": 2}]
    assert tally.size == 2
    whole = run(tmp_path / "whole", Model(), stage)
    assert np.array_equal(values(store, stage), values(whole, stage))
    if stage.ask == "embed":
        assert len([entry for entry in journal(tmp_path) if entry["event"] == "part"]) == N / 8


def test_what_torch_raises_when_memory_runs_out_is_known(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    def before(keys: list[str]) -> None:
        if len(keys) > 4:
            torch.empty(1 << 55)
        if len(keys) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    model = Model(before)
    run(tmp_path, model, texts())
    assert sizes(model) == [8, 4, *[2] * 20]


def test_a_resumed_run_begins_at_the_size_that_worked(tmp_path: Path) -> None:
    def before(keys: list[str]) -> None:
        above(2, MemoryError())(keys)
        if "s20" in keys:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Model(before), texts())
    model = Model(above(2, MemoryError()))
    run(tmp_path, model, texts())
    assert sizes(model) == [2] * 12


def test_an_item_that_is_too_large_alone_is_an_error_of_that_item(tmp_path: Path) -> None:
    store = run(tmp_path, Model(raising_on("s11", error=MemoryError())), texts())
    assert store.errors(texts()) == {"s11": "not enough memory even for this item alone"}
    assert np.isnan(values(store)).sum() == 2


@STAGES
def test_a_model_that_raises_on_every_tenth_sample_costs_those_samples(tmp_path: Path, stage: Stage) -> None:
    model = Model(raising_on("s0", "s10", "s20", "s30"))
    store = run(tmp_path, model, stage)
    assert store.errors(stage) == {f"s{i}": f"KeyError: 's{i}'" for i in (0, 10, 20, 30)}
    assert sizes(model) == [8, *[1] * 8] * 4 + [8]
    assert [entry["start"] for entry in store.noted("apart", stage.name)] == [0, 8, 16, 24]
    assert sum(key not in store.errors(stage) for key in stage.ids) == N - 4


@STAGES
@pytest.mark.parametrize("batch_size", [1, 8, 64])
def test_a_model_that_always_raises_ends_the_run_at_once_and_stores_nothing(
    tmp_path: Path, stage: Stage, batch_size: int
) -> None:
    model = Model(raising_on(*stage.ids, error=TypeError("a " + "very " * 200 + "long story")))
    with pytest.raises(
        RunFailedError, match=rf"fake.{stage.ask} raised on every one of the first .*TypeError: a very.*…"
    ) as caught:
        run(tmp_path, model, stage, batch_size=batch_size)
    assert len(str(caught.value)) < 600
    assert len(model.calls) <= 1 + max(8, min(batch_size, N))
    assert missing(run(tmp_path, Model(), stage), stage) == []


def test_a_bad_first_sample_is_no_broken_model_at_batch_size_one(tmp_path: Path) -> None:
    store = run(tmp_path, Model(raising_on("s0")), texts(), batch_size=1)
    assert list(store.errors(texts())) == ["s0"]


def test_a_model_that_breaks_later_ends_the_run_when_too_many_failed(tmp_path: Path) -> None:
    model = Model(raising_on(*(f"s{i}" for i in range(20, N)), error=ConnectionError("server gone")))
    with pytest.raises(
        RunFailedError, match=r"4 samples of fake.task failed, above --max-errors 0.05 \(the first, s20: Connection"
    ):
        run(tmp_path, model, texts(), max_errors=0.05)
    assert len(missing(run(tmp_path, Model(), texts()), texts())) == 0


def test_only_what_failed_is_asked_again(tmp_path: Path) -> None:
    stages = questions(), texts()
    run(tmp_path, Model(raising_on("s3", "s30")), *stages)
    run(tmp_path, (again := Model()), *stages)
    assert again.calls == []
    store = run(tmp_path, (again := Model()), *stages, retry_errors=True)
    assert again.calls == [["s3"], ["s30"]]  # of answers; arrays are stored as whole batches
    assert store.errors(stages[0]) == {}
    assert answered(store, stages[0])["s30"] == "QUESTION 30"
    run(tmp_path, (again := Model()), *stages, retry_errors=True)
    assert again.calls == []


def test_ctrl_c_and_exit_pass_through(tmp_path: Path) -> None:
    for signal in (KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(signal)):
            run(tmp_path, Model(raising_on("s9", error=signal)), texts())  # type: ignore[arg-type]
    assert missing(run(tmp_path, Model(), texts()), texts()) == []


def test_broken_media_do_not_end_a_batch_and_are_no_fault_of_the_model(tmp_path: Path) -> None:
    broken = [f"s{i}" for i in range(9)]

    def before(keys: list[str]) -> None:
        for key in keys:
            if key in broken:
                raise MediaError(key, "not a picture")

    store = run(tmp_path, Model(before), texts())
    assert store.errors(texts()) == dict.fromkeys(broken, "not a picture")


def test_vectors_of_another_length_end_the_run_at_their_batch(tmp_path: Path) -> None:
    class Grows(Model):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            rows = super().embed(samples, **how)
            return np.pad(rows, ((0, 0), (0, int(samples[0].id == "s16"))))

    model = Grows()
    with pytest.raises(RunFailedError, match=r"vectors of different lengths \(2, 3\)"):
        run(tmp_path, model, texts())
    assert len(model.calls) == 3


class Draws(Model):
    """Answers with what the global generators give."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        super().embed(samples, **how)
        return np.asarray([[random.random(), np.random.rand()] for _ in samples])  # noqa: NPY002


def test_draws_of_a_resumed_run_are_those_of_an_unbroken_one(tmp_path: Path) -> None:
    whole = values(run(tmp_path / "whole", Draws(), texts()))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", Draws(raising_on("s20", error=KeyboardInterrupt())), texts())  # type: ignore[arg-type]
    random.seed(5)
    again = run(tmp_path / "broken", Draws(), texts())
    assert np.array_equal(whole, values(again))
    assert len(np.unique(whole)) == whole.size
    other = run(tmp_path / "other", Draws(), texts(), seed=1)
    assert not np.array_equal(whole, values(other))


def test_draws_of_torch_too(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Torch(Draws):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            return torch.rand(len(samples), 3).numpy()

    first, second = (values(run(tmp_path / str(i), Torch(), texts())) for i in range(2))
    assert np.array_equal(first, second)


def test_the_callers_own_draws_go_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = random.random(), np.random.rand()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    run(tmp_path, Draws(), texts())
    assert (random.random(), np.random.rand()) == expected  # noqa: NPY002


def test_answers_know_their_share_of_a_batchs_seconds(tmp_path: Path) -> None:
    stage = questions()
    store = run(tmp_path, Model(), stage, texts())
    assert set(store.usage(stage)) == set(stage.ids)
    assert all(usage.seconds is not None and usage.seconds > 0 for usage in store.usage(texts()).values())


def test_a_model_without_a_revision_is_asked_like_any_other(tmp_path: Path) -> None:
    stage = questions()
    assert answered(run(tmp_path, loaded(Model(), revision=None), stage), stage)["s1"] == "QUESTION 1"
