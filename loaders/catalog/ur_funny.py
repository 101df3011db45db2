"""UR-FUNNY: whether a talk's punchline is funny, as the features in MultiBench's pickle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import MODALITIES, SPLITS, defects, finite_rows, label, splits_of, unique_ids
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.loaders.unpickling import Encoding
from mmbench.samples import FeaturesPart, Modality, Sample

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
        funny = np.arange(8) % 2
        columns: dict[str, Any] = {"id": [f"{name}-{row}" for row in range(8)], "labels": funny.reshape(8, 1)}
        for modality in MODALITIES:
            values = random.normal(size=(8, 7, self.widths[modality])) + funny[:, None, None]
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


UNREAD = Unknown(reason="no file was at hand when the card was written, and no source for it was found")

CARD = DatasetCard(
    key="ur-funny",
    title="UR-FUNNY (MultiBench features)",
    summary="Whether the last sentence of a passage of a TED talk is followed by laughter (target 1) or not (0): word vectors, COVAREP "
    "audio and OpenFace features, word by word.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.FEATURES,),
    languages=("en",),
    splits={
        split: SplitFacts(count=UNREAD, fingerprint=UNREAD, protocol="the split inside MultiBench's file")
        for split in SPLITS.values()
    },
    columns={
        "text": "features 'text': GloVe vectors, from the first word on",
        "audio": "features 'audio', from the first word on",
        "vision": "features 'vision', from the first word on",
        "labels": "target: 1 where above 0, else 0",
        "id": "id",
    },
    source=PickleSource("ur-funny", "humor.pkl", None, MultiBenchLayout(WIDTHS), MULTIBENCH),
    licence=Unknown(reason="no terms of the features were found: the MIT licence of MultiBench covers code"),
    access="user-file",
    labels_public=True,
    redistributable=False,
    download_bytes=Unknown(reason="the user brings the file"),
    citation="Hasan, Rahman, Zadeh, Zhong, Tanveer, Morency, Hoque: UR-FUNNY: A Multimodal Language Dataset for Understanding Humor. "
    "EMNLP-IJCNLP 2019.",
    homepage="https://github.com/ROC-HCI/UR-FUNNY",
    known_issues=(
        Issue(
            summary="samples whose text is all zeros; MultiBench's loader drops them without a word, so its test set is smaller",
            count=Unknown(reason="counted per file by the source's report (text.zero_clips)"),
            handling="kept, whole, with meta.empty_text",
        ),
        Issue(
            summary="no sha256 of the file was published, and two versions of the dataset exist",
            count=2,
            handling="rows say unpinned, and the sha256 of the user's file is part of their revision",
        ),
        Issue(
            summary="the file names no talk or speaker",
            count=1,
            handling="samples have no group, so intervals take them as independent, which makes them too narrow",
        ),
        Issue(
            summary="stored robustness curves of MultiBench that fall far below chance (.30 to .37)",
            count=Unknown(reason="read off the stored arrays of the binary tasks together, sarcasm and humour"),
            handling="they are not used as published numbers",
        ),
    ),
    evidence={
        "splits": "no source: the README of ROC-HCI/UR-FUNNY gives no counts",
        "licence": "nothing was found that covers the data",
        "source": "layout: datasets/affect/get_data.py of pliang279/MultiBench at 49f9be2; no file was opened for this card",
        "labels_public": "get_data.py reads labels of every split",
        "task_kinds": "the label is funny or not, as sarcasm is for MUStARD: the nearest of the kinds",
    },
)
