"""Zero-shot, probes and compositional choice through the whole engine, on twins: stored, resumed, and asked by another method."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.planning import Options
from mmbench.errors import UserError
from mmbench.loaders import get_card
from mmbench.loaders.twins import twin_card
from mmbench.models import LoadedModel, as_model, load_model
from mmbench.models.base import ModelCard
from mmbench.runs.records import Run
from mmbench.samples import Modality, Sample
from mmbench.tasks import get_task
from tests.fakes import register

SETS = ("cifar10", "esc50", "winoground", "aro-coco-order", "fsd50k-mini", "hateful-memes")
TASKS = ("cifar10.zero-shot", "esc50.probe", "aro-coco-order.choice", "hateful-memes.probe")


@pytest.fixture(autouse=True)
def _twins(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, *(twin_card(get_card(key)) for key in SETS))


def run(model: LoadedModel, key: str, folder: Path, **changes: Any) -> Run:
    return evaluate_one(model, get_task(key), Options(folder, batch_size=3, progress=False, **changes))


@pytest.mark.parametrize("key", TASKS)
def test_scores_come_back_from_the_store_bit_for_bit(key: str, tmp_path: Path) -> None:
    whole = run(load_model("random"), key, tmp_path)
    scores = (whole.folder / "scores.json").read_bytes()
    (whole.folder / "scores.json").unlink()
    assert (run(load_model("random"), key, tmp_path).folder / "scores.json").read_bytes() == scores
    (whole.folder / "scores.json").unlink()
    parts = sorted((whole.folder / "outputs").rglob("*.safetensors"))
    parts[0].unlink()  # asked again, and only that
    assert (run(load_model("random"), key, tmp_path).folder / "scores.json").read_bytes() == scores
    best = run(load_model("oracle"), key, tmp_path).primary
    assert best.value == pytest.approx(best.ceiling)
    assert best.floor is not None
    shutil.rmtree(whole.folder)


def test_pair_scores_are_another_protocol_of_the_same_task(tmp_path: Path) -> None:
    seen: list[Sample] = []

    def score_pairs(left: Sequence[Sample], right: Sequence[Sample]) -> Any:
        seen.extend((*left, *right))
        return np.asarray([float(len(one.text)) for one in right])

    model = as_model(score_pairs=score_pairs, name="longest", revision="1")
    found = run(model, "winoground.choice", tmp_path)
    assert found.record["identity"]["ask"] == "score_pairs"
    assert "ask" not in run(load_model("constant"), "winoground.choice", tmp_path).record["identity"]
    assert {sample.target for sample in seen} == {None}
    assert len(seen) == 2 * 4 * (found.primary.n or 0)
    assert found.values["text"].value == 0.0  # the same length wins beside every picture


def test_a_classifier_of_pictures_needs_no_text(tmp_path: Path) -> None:
    class Sees:
        def predict(self, samples: Sequence[Sample]) -> Any:
            return np.asarray([[option == "cat" for option in sample.options] for sample in samples], dtype=float)

    card = ModelCard("sees", "1", frozenset({Modality.IMAGE}))
    model = LoadedModel(Sees(), card, None, {}, "1")
    found = run(model, "cifar10.zero-shot", tmp_path)
    assert found.record["identity"]["ask"] == "predict"
    assert set(found.samples["predicted"]) == {"cat"}
    with pytest.raises(
        UserError, match=r"aro-coco-order\.choice needs a model that can embed or score_pairs; sees can predict"
    ):
        run(model, "aro-coco-order.choice", tmp_path)


def test_majority_learns_from_the_folds_that_it_is_not_scored_on(tmp_path: Path) -> None:
    found = run(load_model("majority"), "esc50.probe", tmp_path)
    assert found.report["aggregate"].startswith("mean over")
    assert found.record["identity"]["ask"] == "predict"
    assert found.primary.value is not None
    assert len(list((found.folder / "outputs").glob("fit-fold*.safetensors"))) == 5


def test_a_limited_run_is_small_in_every_split(tmp_path: Path) -> None:
    found = run(load_model("constant"), "fsd50k-mini.probe", tmp_path, limit=2)
    assert found.limit == 2
    assert found.primary.n == 2
    assert found.report["notes"] == {"learned_rows": 2}


@pytest.mark.parametrize("key", ["cifar10.zero-shot", "esc50.probe", "winoground.choice"])
def test_a_model_that_has_to_learn_first_is_refused(key: str, tmp_path: Path) -> None:
    class Learns:
        def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None: ...
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any: ...

    everything = frozenset({Modality.IMAGE, Modality.TEXT, Modality.AUDIO})
    model = LoadedModel(Learns(), ModelCard("learns", "1", everything), None, {}, "1")
    with pytest.raises(
        UserError, match=f"{key} asks models as they are, and learns has to learn from a training split first"
    ):
        run(model, key, tmp_path)
