"""Embeddings that runs share: an identical batch is embedded once, and nothing else is taken for it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.features import Cache, embeddings
from mmbench.engines.measures import Tally
from mmbench.engines.planning import Options
from mmbench.models import LoadedModel
from mmbench.samples import MediaError, Modality, Sample, TextPart
from mmbench.tasks.base import Stage
from tests.engines.stages import N, ids, loaded, run, texts
from tests.fakes import SIZE, Pixels, card, register, retrieval_task


class Model:
    """Embeds by the numbers in texts, and by what is asked; counts its samples."""

    def __init__(self, **facts: Any) -> None:
        self.asked: list[str] = []
        for name, value in facts.items():
            setattr(self, name, value)

    def embed(self, samples: Sequence[Sample], *, role: Any = None, instruction: Any = None, **how: Any) -> Any:
        self.asked += ids(samples)
        return np.asarray([[float(sample.text[5:]), len(str(role)), len(str(instruction))] for sample in samples])


class Fits(Model):
    def fit(self, train: Any, valid: Any) -> None: ...


def asked_again(folder: Path, first: LoadedModel, second: LoadedModel, other: Stage | None = None) -> int:
    """How many items of its stage a second run asks after the first has filled the cache."""
    cache = Cache(folder / "cache")
    run(folder / "a", first, texts(), cache=cache)
    stage = other or texts()
    before = len(second.model.asked)  # type: ignore[attr-defined]
    store = run(folder / "b", second, stage, cache=cache)
    assert not store.missing(stage)
    return len(second.model.asked) - before  # type: ignore[attr-defined]


def test_an_identical_batch_of_an_identical_model_is_embedded_once(tmp_path: Path) -> None:
    tally = Tally()
    assert asked_again(tmp_path, loaded(Model()), loaded(Model())) == 0
    store = run(tmp_path / "c", Model(), texts(name="other"), cache=Cache(tmp_path / "cache"), tally=tally)
    plain = run(tmp_path / "d", Model(), texts())
    np.testing.assert_array_equal(store.read(texts(name="other")).values, plain.read(texts()).values)
    assert tally.cached == N


def test_draws_are_the_same_with_and_without_the_cache(tmp_path: Path) -> None:
    class Draws(Model):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            return super().embed(samples, **how) + np.random.rand(len(samples), 1)  # noqa: NPY002

    cache, there, back = Cache(tmp_path / "cache"), texts(name="queries"), texts(name="documents")
    first, second, plain = (
        np.asarray(run(tmp_path / str(number), Draws(), stage, cache=kept).read(stage).values)
        for number, (stage, kept) in enumerate([(there, cache), (back, cache), (back, None)])
    )
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(second, plain)


MODEL = loaded(Model())


@pytest.mark.parametrize(
    ("other", "stage"),
    [
        (replace(MODEL, revision="2"), texts()),
        (replace(MODEL, config={"layer": 3}), texts()),
        (replace(MODEL, place={"dtype": "float16"}), texts()),
        (loaded(Model(preprocessing="224 px")), texts()),
        (loaded(Model(dtype="torch.bfloat16")), texts()),
        (MODEL, replace(texts(), role="query")),
        (MODEL, replace(texts(), instruction="Represent this.")),
        (MODEL, replace(texts(), items=[Sample(f"s{i}", (TextPart(f"text {i + 1}"),)) for i in range(N)])),
        (MODEL, replace(texts(), items=[Sample(f"s{i}", (TextPart(f"text {i}", "fr"),)) for i in range(N)])),
    ],
)  # fmt: skip
def test_whatever_can_move_a_vector_is_another_entry(tmp_path: Path, other: LoadedModel, stage: Stage) -> None:
    assert asked_again(tmp_path, MODEL, other, stage) == N


def test_one_item_more_is_another_last_batch_and_no_other(tmp_path: Path) -> None:
    assert asked_again(tmp_path, MODEL, MODEL, texts(N + 1)) == 1


def test_roles_are_one_for_a_model_that_says_so(tmp_path: Path) -> None:
    clip = Model(symmetric=True)
    assert asked_again(tmp_path, loaded(clip), loaded(clip), replace(texts(), role="query")) == 0


def test_vectors_of_another_kind_of_device_are_others(tmp_path: Path) -> None:
    assert asked_again(tmp_path / "kind", loaded(Model(device="cpu")), loaded(Model(device="cuda:0")), texts()) == N
    assert asked_again(tmp_path / "index", loaded(Model(device="cuda:0")), loaded(Model(device="cuda:1")), texts()) == 0


@pytest.mark.parametrize(
    "model",
    [loaded(Model(), revision=None), loaded(Fits()), loaded(Model(), kind="floor")],
    ids=["unknown", "fits", "floor"],
)
def test_models_that_nothing_identifies_or_that_change_are_not_kept(tmp_path: Path, model: LoadedModel) -> None:
    assert asked_again(tmp_path, model, model) == N
    assert not (tmp_path / "cache").exists()


def test_a_damaged_entry_is_said_and_made_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(tmp_path / "a", Model(), texts(), cache=cache)
    entries = sorted((tmp_path / "cache").rglob("*.safetensors"))
    data = bytearray(entries[0].read_bytes())
    data[-1] ^= 1
    entries[0].write_bytes(data)
    entries[1].write_bytes(b"nothing")
    entries[2].write_bytes(entries[3].read_bytes())  # whole, and of another batch
    model = Model()
    with pytest.warns(RuntimeWarning, match="is damaged .*its batch is embedded again"):
        store = run(tmp_path / "b", model, texts(), cache=cache)
    assert len(model.asked) == 3 * 8
    np.testing.assert_array_equal(
        store.read(texts()).values, run(tmp_path / "c", Model(), texts()).read(texts()).values
    )
    assert run(tmp_path / "d", (again := Model()), texts(), cache=cache)
    assert again.asked == []


def test_batches_with_errors_or_in_halves_are_not_kept(tmp_path: Path) -> None:
    class Small(Model):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            if samples[0].id in ("s0", "s8", "s16") and len(samples) > 4:
                raise (
                    MemoryError
                    if samples[0].id == "s0"
                    else ValueError("apart")
                    if samples[0].id == "s8"
                    else MediaError("s16", "x")
                )
            return super().embed(samples, **how)

    run(tmp_path, Small(), texts(), cache=Cache(tmp_path / "cache"))
    assert not list((tmp_path / "cache").rglob("*.safetensors"))  # in halves from the first batch on
    cache = Cache(tmp_path / "cache")
    later = replace(texts(), ids=texts().ids[8:], items=texts().items[8:])
    run(tmp_path / "later", Small(), later, cache=cache)
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == 2  # those of 24 and 32


def test_features_of_a_split_come_from_what_a_run_embedded(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(tmp_path / "run", MODEL, texts(), cache=cache)
    model = Model()
    text = frozenset({Modality.TEXT})
    samples = [Sample(f"s{i}", (TextPart(f"text {i}"),), target="secret", group="g") for i in range(N)]
    found = embeddings(loaded(model), samples, modalities=text, batch_size=8, cache=cache)
    assert model.asked == []
    assert np.asarray(found.values)[:, 0].tolist() == list(range(N))
    fresh = embeddings(
        loaded(model), samples, modalities=text, batch_size=8, cache=Cache(tmp_path / "cache", fresh=True)
    )
    assert len(model.asked) == N
    np.testing.assert_array_equal(found.values, fresh.values)


class Clip(Pixels):
    symmetric = True


@pytest.mark.parametrize("kept", [True, False])
def test_both_directions_of_a_retrieval_share_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    register(monkeypatch, card())
    there = retrieval_task()
    back = replace(there, id="fake.i2t", query=there.document, document=there.query)
    model = Clip()
    how = Options(tmp_path, batch_size=8, progress=False, cache=kept)
    runs = [evaluate_one(loaded(model), task, how) for task in (there, back)]
    assert len(model.batches) == (1 if kept else 2) * 2 * SIZE / 8
    assert [run.record["provenance"]["embeddings_from_cache"] for run in runs] == [0, 2 * SIZE if kept else 0]
    evaluate_one(loaded(model), there, replace(how, restart=True))
    assert len(model.batches) == (2 if kept else 3) * 2 * SIZE / 8
    assert len(list(tmp_path.rglob("run.json"))) == 2
