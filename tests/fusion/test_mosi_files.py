"""The made-up files open as CMU-MOSI does, and hold the signal that is said to be in them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import FeaturesPart, Modality
from mmbench.tasks import get_task
from tests.fusion.mosi_files import BEST_SUM, SHORT, STEPS, WIDTHS, Planted, card, planted, write

Floats = NDArray[np.float64]


@pytest.fixture(params=[True, False], ids=["aligned", "unaligned"])
def found(request: pytest.FixtureRequest) -> Planted:
    return planted(aligned=request.param, steps=SHORT[request.param])


@pytest.fixture
def splits(found: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, PairedDataset]:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    write(found, tmp_path / "files")
    return open_splits(card(found, tmp_path / "files"), ["train", "validation", "test"])


def means(split: PairedDataset) -> dict[str, Floats]:
    parts = [[part for part in sample.parts(Modality.FEATURES) if isinstance(part, FeaturesPart)] for sample in split]
    return {name: np.stack([found[i].values.mean(0, dtype=float) for found in parts]) for i, name in enumerate(WIDTHS)}


def correlation(found: dict[str, tuple[Floats, NDArray[np.float64]]]) -> float:
    """Of a kernel ridge, fitted on train and standardised there, with what is right on test."""
    (x, y), (z, right) = found["train"], found["test"]
    mean, scale = x.mean(0), x.std(0) + 1e-9
    x, z = (x - mean) / scale, (z - mean) / scale
    weights = np.linalg.solve(x @ x.T + x.shape[1] * np.eye(len(x)), y - y.mean())
    return float(np.corrcoef(z @ x.T @ weights, right)[0, 1])


def test_a_file_opens_as_the_published_one_does(found: Planted, splits: Mapping[str, PairedDataset]) -> None:
    assert {name: (len(rows), rows.evidence) for name, rows in splits.items()} == {
        "train": (600, "unpinned"), "validation": (150, "unpinned"), "test": (400, "unpinned"),
    }  # fmt: skip
    first = splits["train"][0]
    assert (first.id, first.group) == ("train0000$_$0", "train0000")
    assert first.meta["replaced"] == {"audio": 1}
    shapes = {part.name: part.values.shape for part in first.content if isinstance(part, FeaturesPart)}
    assert {name: width for name, (_, width) in shapes.items()} == dict(WIDTHS)
    steps = SHORT[found.aligned]
    assert shapes["text"][0] == steps["text"]
    lengths = {
        len(part.values)
        for sample in splits["train"]
        for part in sample.content
        if isinstance(part, FeaturesPart) and part.name == "audio"
    }
    assert lengths == ({6} if found.aligned else set(range(5, 21)))
    task = get_task("cmu-mosi.regression" if found.aligned else "cmu-mosi-unaligned.regression")
    assert task.plan(splits.__getitem__).n == 400


def test_products_of_text_and_audio_are_needed(splits: Mapping[str, PairedDataset]) -> None:
    found = {name: means(split) for name, split in splits.items()}
    labels = {name: np.array(split.targets, dtype=float) for name, split in splits.items()}
    alone = {name: (np.column_stack(list(one.values())), labels[name]) for name, one in found.items()}
    product = {
        name: ((one["text"][:, :, None] * one["audio"][:, None, :]).reshape(len(labels[name]), -1), labels[name])
        for name, one in found.items()
    }
    assert correlation(alone) < BEST_SUM + 0.1
    assert correlation(product) > 0.8


def test_the_best_of_either_kind_is_what_was_planted(found: Planted) -> None:
    labels = found.data["test"]["regression_labels"]
    s, t = found.text["test"], found.audio["test"]
    assert np.corrcoef(s, labels)[0, 1] == pytest.approx(BEST_SUM, abs=0.1)
    assert np.corrcoef(np.clip(1.5 * s * t + 0.5 * s, -3, 3), labels)[0, 1] > 0.97
    assert np.corrcoef(t, labels)[0, 1] == pytest.approx(0, abs=0.1)


def test_the_layout_is_that_of_the_published_files() -> None:
    few = {"train": 3, "valid": 2, "test": 2}
    for aligned in (True, False):
        data = planted(aligned=aligned, rows=few).data
        assert list(data) == ["train", "valid", "test"]
        columns = {
            "raw_text",
            "text",
            "text_bert",
            "audio",
            "vision",
            "id",
            "annotations",
            "classification_labels",
            "regression_labels",
        }
        for split, found in data.items():
            assert set(found) == columns | (set() if aligned else {"audio_lengths", "vision_lengths"})
            for name, width in WIDTHS.items():
                assert found[name].shape == (few[split], STEPS[aligned][name], width)
                assert found[name].dtype == np.float32
    assert dict(STEPS[False]) == {"text": 50, "audio": 500, "vision": 375}
