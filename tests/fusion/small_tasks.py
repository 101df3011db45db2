"""Tasks on rows that a test made, and encoders that count what they are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Block
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.dataset import fingerprint_of
from mmbench.loaders.sources import Build
from mmbench.loaders.unknown import Unknown
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.metrics.functional.sentiment import sentiment_metric
from mmbench.models import LoadedModel, ModelCard
from mmbench.models.base import ALL_MODALITIES
from mmbench.samples import FeaturesPart, Modality, Part, Sample, TextPart
from mmbench.tasks.kinds.emotion import EmotionTask, emotion_task
from mmbench.tasks.kinds.generation import GenerationTask, generation_task
from mmbench.tasks.kinds.question_answering import Open
from mmbench.tasks.kinds.sentiment import RegressionTask
from mmbench.tasks.prompts import Prompt
from tests.fakes import MemorySource, register

KEY = "small"
CLASSES = ("down", "up")
SIZES = {"train": 30, "validation": 12, "test": 14}
FEATURES, TEXT = frozenset({Modality.FEATURES}), frozenset({Modality.TEXT})
BOTH = FEATURES | TEXT
Rows = Mapping[str, Sequence[Sample]]
Given = dict[str, list[Sample]]


class Counting:
    """Embeds a text as its length, its last byte and whether it is long; remembers what it was shown."""

    symmetric = True

    def __init__(self, broken: Sequence[str] = ()) -> None:
        self.shown: list[str] = []
        self.broken = broken

    def embed(self, samples: Sequence[Sample], **how: Any) -> NDArray[np.float32]:
        texts = [sample.text for sample in samples]
        self.shown += texts
        rows = [[len(text), ord(text[-1]), np.nan if text in self.broken else len(text) > 12] for text in texts]
        return np.asarray(rows, dtype=np.float32)


def encoder(model: object, revision: str | None = "1", modalities: Any = ALL_MODALITIES) -> LoadedModel:
    return LoadedModel(model, ModelCard("counting", revision, modalities), None, {}, revision)


def bring(monkeypatch: Any, rows: Rows) -> None:
    """Rows per split as the dataset ``small``."""
    unknown = Unknown(reason="a test")
    facts = SplitFacts(count=unknown, fingerprint=unknown, protocol="a test")
    revision = fingerprint_of(
        [one.fingerprint for samples in rows.values() for one in samples]
    )  # a new one is built anew
    build: Build = lambda roots: ((split, one) for split, samples in rows.items() for one in samples)  # noqa: E731
    held = {one for samples in rows.values() for sample in samples for one in sample.modalities}
    card = DatasetCard(
        key=KEY, title="Small", summary="Made by a test.", task_kinds=("emotion-classification",), languages=("en",), columns={},
        modalities=tuple(one for one in Modality if one in held), splits=dict.fromkeys(rows, facts),
        source=MemorySource(build, revision), licence="CC0-1.0",
        access="open", labels_public=True, redistributable=True, download_bytes=0, citation="none", homepage="https://example.org",
        evidence={},
    )  # fmt: skip
    register(monkeypatch, card)


def arrays(seed: int, lengths: Mapping[str, int] = {"a": 1, "b": 1}, width: int = 4) -> dict[str, NDArray[np.float32]]:
    """Random features by name."""
    draw = np.random.default_rng(seed)
    return {name: draw.normal(3, 2, (steps, width)).astype(np.float32) for name, steps in lengths.items()}


def parts(held: Mapping[str, NDArray[Any]]) -> tuple[Part, ...]:
    return tuple(FeaturesPart(name, values) for name, values in held.items())


def rows(sizes: Mapping[str, int] = SIZES, **how: Any) -> dict[str, list[Sample]]:
    """Samples with features ``a`` and ``b``, classes in turn, two to a group, three speakers."""
    return {
        split: [
            Sample(
                f"{split}-{i}", parts(arrays(1000 * len(split) + i, **how)), target=CLASSES[i % 2], group=f"{split}-{i // 2}",
                meta={"speaker": f"s{i % 3}"},
            )
            for i in range(size)
        ]
        for split, size in sizes.items()
    }  # fmt: skip


def texts(words: Sequence[str], extra: str = "a") -> tuple[Part, ...]:
    """A text part per word, and features."""
    return (*(TextPart(word, "en") for word in words), *parts({extra: arrays(len(words))["a"]}))


def classes(inputs: frozenset[Modality] = FEATURES, **changes: Any) -> EmotionTask:
    known = {"split": "test", "classes": CLASSES, "question": "Which?", "training": ("train", "validation"), **changes}
    return emotion_task(KEY, "Small", inputs=inputs, **known)


def numbers(inputs: frozenset[Modality] = FEATURES, **changes: Any) -> RegressionTask:
    fields = {
        "id": f"{KEY}.regression", "title": "Small", "dataset": KEY, "split": "test", "train_split": "train",
        "valid_split": "validation", "version": 1, "metric": sentiment_metric(convention="cmu"), "primary": "corr",
        "convention": "cmu", **changes,
    }  # fmt: skip
    return RegressionTask(inputs=inputs, **fields)


def words(form: Any = None, **changes: Any) -> GenerationTask:
    """Answers in words from text and features; an instruction follows what is shown."""
    known = {"split": "test", "context": BOTH, "training": ("train", "validation"), **changes}
    prompt = Prompt("p", instruction="Say one word.")
    return generation_task(KEY, "Small", "open", form or Open(exact_match_metric()), prompt=prompt, **known)


def values(block: Block, name: str) -> Any:
    return next(column.values for column in block.inputs if column.name == name)


def mask(block: Block, name: str) -> Any:
    return next(column.mask for column in block.inputs if column.name == name)


def raw(given: Given, split: str, name: str) -> Any:
    """The features of a split, one step each."""
    return np.stack([next(part.values[0] for part in one.content if part.name == name) for one in given[split]])  # type: ignore[union-attr]


def changed(given: Given, split: str, row: int, **features: Any) -> None:
    """Put other features in the place of those of a row; ``None`` takes them away."""
    sample = given[split][row]
    held = {part.name: part.values for part in sample.content if isinstance(part, FeaturesPart)} | features
    content = parts({name: one for name, one in held.items() if one is not None})
    given[split][row] = replace(sample, content=content)


def worded(words: Callable[[str, int], list[str]], extra: str = "a") -> Given:
    """Rows that show text and features."""
    return {
        split: [replace(one, content=texts(words(split, i), extra)) for i, one in enumerate(held)]
        for split, held in rows().items()
    }
