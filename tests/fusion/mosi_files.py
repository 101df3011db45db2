"""Made-up CMU-MOSI files in MMSA's exact layout, with a planted signal, so that it is known which fusion methods must come first."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.files import write_bytes
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.catalog.cmu_mosi import ALIGNED, UNALIGNED
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown

Floats = NDArray[np.float64]
WIDTHS: Mapping[str, int] = MappingProxyType({"text": 768, "audio": 5, "vision": 20})
STEPS = {  # of the published files; 768 numbers in each of 50 steps make the text 150 kB a clip
    True: MappingProxyType({"text": 50, "audio": 50, "vision": 50}),
    False: MappingProxyType({"text": 50, "audio": 500, "vision": 375}),
}
SHORT = {  # the same layout for tests
    True: MappingProxyType({"text": 6, "audio": 6, "vision": 6}),
    False: MappingProxyType({"text": 6, "audio": 20, "vision": 15}),
}
ROWS: Mapping[str, int] = MappingProxyType({"train": 600, "valid": 150, "test": 400})
CLIPS = 4  # of a video
PRODUCT, SUM, NOISE = 1.5, 0.5, 0.15
NUISANCES = 4  # directions of the text that say nothing about sentiment
BEST_SUM = SUM / (PRODUCT**2 + SUM**2 + NOISE**2) ** 0.5


@dataclass(frozen=True, slots=True)
class Planted:
    """A file's content, and what was planted.

    The sentiment of a clip is 1.5 s t + 0.5 s and a little noise, rounded to tenths and cut to [-3, 3]: s is a normal number along one
    direction of the text, t one along a direction of the audio; the vision is noise. No sum of functions of one modality each correlates
    with it by more than about ``BEST_SUM``, .32; with the product everything but the noise is explained.

    Attributes:
        data: what the pickle holds.
        text, audio: s and t per split.
        aligned: whether all modalities have the same steps, and the file no lengths.
    """

    data: Mapping[str, Mapping[str, Any]] = field(repr=False)
    text: Mapping[str, Floats] = field(repr=False)
    audio: Mapping[str, Floats] = field(repr=False)
    aligned: bool = True


def planted(
    *, aligned: bool = True, rows: Mapping[str, int] = ROWS, steps: Mapping[str, int] | None = None, seed: int = 0
) -> Planted:
    """A file with this many clips per split and steps per modality (those of the published file by default)."""
    random = np.random.default_rng(seed)
    directions = {name: random.choice([-1.0, 1.0], size=width) for name, width in WIDTHS.items()}
    nuisances = random.normal(size=(NUISANCES, WIDTHS["text"]))
    data, text, audio = {}, {}, {}
    for split, n in rows.items():
        text[split], audio[split] = random.normal(size=(2, n))
        means = {
            "text": text[split][:, None] * directions["text"] + random.normal(size=(n, NUISANCES)) @ nuisances,
            "audio": audio[split][:, None] * directions["audio"],
            "vision": random.normal(size=(n, WIDTHS["vision"])),
        }
        sentiment = PRODUCT * text[split] * audio[split] + SUM * text[split] + NOISE * random.normal(size=n)
        labels = np.clip(np.round(sentiment, 1), -3, 3).astype(np.float32)
        data[split] = _columns(random, split, labels, means, STEPS[aligned] if steps is None else steps, aligned)
    data["train"]["audio"][0, 0, 0] = -np.inf  # as in the published files
    return Planted(data, text, audio, aligned)


def write(found: Planted, folder: Path) -> Path:
    """Write the pickle below ``folder`` under its published name; returns its path."""
    path = folder / _source(found.aligned).name
    write_bytes(path, pickle.dumps({split: dict(columns) for split, columns in found.data.items()}, protocol=4))
    return path


def card(found: Planted, folder: Path) -> DatasetCard:
    """The card of CMU-MOSI over the file that ``write`` put below ``folder``: no sum is expected, and the counts are these."""
    real = ALIGNED if found.aligned else UNALIGNED
    counts = {"train": "train", "validation": "valid", "test": "test"}
    splits = {
        split: SplitFacts(count=len(found.data[name]["id"]), fingerprint=Unknown(reason="made up"), protocol="made up")
        for split, name in counts.items()
    }
    return real.model_copy(
        update={"source": replace(_source(found.aligned), sha256=None, mirror=folder), "splits": splits}
    )


def _source(aligned: bool) -> PickleSource:
    source = (ALIGNED if aligned else UNALIGNED).source
    if not isinstance(source, PickleSource):
        raise TypeError("CMU-MOSI is a pickle")
    return source


def _columns(
    random: np.random.Generator,
    split: str,
    labels: NDArray[np.float32],
    means: Mapping[str, Floats],
    steps: Mapping[str, int],
    aligned: bool,
) -> dict[str, Any]:
    n = len(labels)
    columns: dict[str, Any] = {
        "raw_text": [f"made-up words {split} {row}" for row in range(n)],
        "id": [f"{split}{row // CLIPS:04d}$_${row % CLIPS}" for row in range(n)],
        "annotations": [("Negative", "Neutral", "Positive")[int(np.sign(one)) + 1] for one in labels],
        "classification_labels": (np.sign(labels) + 1).astype(np.float32),
        "regression_labels": labels,
        "text_bert": np.ones((n, 3, steps["text"]), dtype=np.float32),
    }
    for name, centres in means.items():
        noise = random.standard_normal((n, steps[name], WIDTHS[name]), dtype=np.float32)
        columns[name] = noise + centres[:, None, :].astype(np.float32)
    if not aligned:
        for name in ("audio", "vision"):
            lengths = random.integers(steps[name] // 4, steps[name] + 1, size=n)
            columns[name][np.arange(steps[name]) >= lengths[:, None]] = 0
            columns[f"{name}_lengths"] = lengths.tolist()
    return columns
