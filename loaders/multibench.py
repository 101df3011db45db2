"""The layout of MultiBench's pickles of humour and sarcasm: one array of word-aligned steps per modality."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from mmbench.loaders.mmsa import MODALITIES, SPLITS, defects, finite_rows, label, splits_of, unique_ids
from mmbench.loaders.unpickling import Encoding
from mmbench.samples import FeaturesPart, Sample

MULTIBENCH = "https://github.com/pliang279/MultiBench"
WIDTHS = MappingProxyType({"text": 300, "audio": 81, "vision": 371})


@dataclass(frozen=True, slots=True)
class MultiBenchLayout:
    """``{train, valid, test}{vision, audio, text, labels, id}``, zeros before the first word.

    As in the official loader the steps before the first word are cut off in every modality; unlike there a sample whose text is all
    zeros is kept, whole, with ``meta.empty_text``.

    Attributes:
        widths: per modality the features of one step, for the twin only.
    """

    widths: Mapping[str, int]

    @property
    def encoding(self) -> Encoding:
        """Which Python wrote the file is not known; this reads both."""
        return "latin1"

    def samples(self, data: Any) -> Iterator[tuple[str, Sample]]:
        """``(split, sample)``; ``ValueError`` where a column is missing or short."""
        for name, columns in splits_of(data, ["id", "labels", *MODALITIES]):
            for row, (key, duplicate) in enumerate(unique_ids(columns["id"])):
                yield SPLITS[name], _sample(columns, row, key, duplicate)

    def report(self, data: Any) -> dict[str, Any]:
        """Shapes and counted defects per split; ``text.zero_clips`` are those that MultiBench drops."""
        return {SPLITS[name]: defects(columns, "labels") for name, columns in splits_of(data, ["id"])}

    def twin(self) -> Mapping[str, Any]:
        """Eight samples per split, two steps of padding before each; the first training sample has no text."""
        return {name: self._twin_split(name, seed) for seed, name in enumerate(SPLITS)}

    def _twin_split(self, name: str, seed: int) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        marked = np.arange(8) % 2
        columns: dict[str, Any] = {"id": [f"{name}-{row}" for row in range(8)], "labels": marked.reshape(8, 1)}
        for modality in MODALITIES:
            values = random.normal(size=(8, 7, self.widths[modality])) + marked[:, None, None]
            values[:, :2] = 0
            columns[modality] = values.astype(np.float32)
        if name == "train":
            columns["text"][0] = 0
        return columns


def _sample(columns: Mapping[str, Any], row: int, key: str, duplicate: str | None) -> Sample:
    name = duplicate or key
    found = {modality: finite_rows(columns[modality][row], f"{modality} of {name}") for modality in MODALITIES}
    words = found["text"][0].any(axis=1)
    start = int(words.argmax())
    steps = {modality: len(values) for modality, (values, _) in found.items()}
    notes = {
        "duplicate_of": duplicate,
        "empty_text": not words.any(),
        "replaced": {modality: count for modality, (_, count) in found.items() if count},
    }
    return Sample(
        key,
        tuple(
            FeaturesPart(modality, values[start:] if steps[modality] == steps["text"] else values)
            for modality, (values, _) in found.items()
        ),
        target=int(label(columns["labels"][row], 1.0, name) > 0),
        meta={note: value for note, value in notes.items() if value},
    )
