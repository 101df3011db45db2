"""Data, tasks and models that other processes can make for themselves, and models that kill their process at a chosen item."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders import DatasetCard
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.models.base import Fitted, ModelCard
from mmbench.samples import Modality, Request, Response, Sample, TextPart, media_part
from mmbench.tasks.base import Task
from mmbench.tasks.kinds.generation import GenerationTask
from mmbench.tasks.kinds.question_answering import Open
from mmbench.tasks.kinds.retrieval import Facet
from mmbench.tasks.own import OwnRetrievalTask
from mmbench.tasks.prompts import Prompt
from tests.fakes import COLOURS, MemorySource, card, picture

SIZE = 48
BATCH = 4


def rows(roots: Any) -> Iterator[tuple[str, Sample]]:
    for split in ("train", "validation", "test"):
        for index in range(SIZE):
            content = (
                media_part(Modality.IMAGE, "image/png", picture(5 * index + len(split))),
                TextPart(f"which {split} {index}", "en"),
            )
            yield split, Sample(f"{split}-{index}", content, target=COLOURS[index % 4])


def fleet_card() -> DatasetCard:
    return card("fleet").model_copy(update={"source": MemorySource(rows, "fleet-1")})


@dataclass(frozen=True, kw_only=True)
class FleetQuestions(GenerationTask):
    own: DatasetCard

    @property
    def card(self) -> DatasetCard:
        return self.own

    def load(self, split: str, *, progress: bool = True) -> PairedDataset:
        return open_splits(self.own, [split], progress=progress)[split]


def pairs() -> Task:
    return OwnRetrievalTask(
        id="fleet.t2i", title="Fleet", dataset="fleet", split="test", train_split="train", valid_split="validation", version=1,
        metric=retrieval_metric(k=(1, 5)), primary="hit@5", query=Facet(Modality.TEXT, "en"),
        document=Facet(Modality.IMAGE), own=fleet_card(),
    )  # fmt: skip


def questions() -> Task:
    return FleetQuestions(
        id="fleet.open", title="Fleet", dataset="fleet", split="test", train_split="train", valid_split="validation", version=1,
        metric=exact_match_metric(), primary="accuracy", context=frozenset({Modality.IMAGE}),
        form=Open(exact_match_metric()), prompt=Prompt("p-1", "Say one word."), own=fleet_card(),
    )  # fmt: skip


class Tiny:
    """Projects bytes of the text or of the picture. What it is at stands in the file ``$FLEET_LOG``; ``$FLEET_KILL`` names its fate.

    ``FLEET_KILL`` is ``who:id:marker``: at the item ``id`` the process (``self``) or its parent (``parent``) is killed, once if ``marker``
    is a path, else each time. Each batch takes ``$FLEET_SLOW`` seconds.
    """

    card = ModelCard("tiny", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def embed(self, samples: Sequence[Sample], **how: Any) -> NDArray[np.float32]:
        self._watch([sample.id for sample in samples])
        return np.stack([self._vector(sample) for sample in samples])

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        self._watch([request.sample_id for request in requests])
        return [Response(request.sample_id, COLOURS[len(request.text) % 4]) for request in requests]

    def _vector(self, sample: Sample) -> NDArray[np.float32]:
        part = sample.content[0]
        data = part.text.encode() if isinstance(part, TextPart) else bytes(getattr(part, "sha256", ""), "ascii")
        values = np.frombuffer(data.ljust(64, b"\0")[:64], dtype=np.uint8).astype(np.float32)
        return np.asarray(np.tanh(values.reshape(8, 8) / 64).sum(axis=0) / 3, dtype=np.float32)

    def _watch(self, ids: Sequence[str]) -> None:
        if "FLEET_LOG" in os.environ:
            with Path(os.environ["FLEET_LOG"]).open("a") as log:
                log.write(f"{os.getpid()} {' '.join(ids)}\n")
        time.sleep(float(os.environ.get("FLEET_SLOW", "0")))
        who, _, rest = os.environ.get("FLEET_KILL", "").partition(":")
        key, _, marker = rest.partition(":")
        if who and key in ids and not (marker and Path(marker).exists()):
            if marker:
                Path(marker).touch()
            os.kill(os.getppid() if who == "parent" else os.getpid(), signal.SIGKILL)


class Learns(Tiny):
    """Adds what it learned, which is stored with the run; the file ``$FLEET_LOG`` says how often it was fitted."""

    card = ModelCard("learns", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def __init__(self) -> None:
        self._mean = np.zeros(8, dtype=np.float32)

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        self._watch(["fit"])
        self._mean = np.asarray(np.mean([len(sample.id) for sample in train]) + np.arange(8), dtype=np.float32)

    def fitted(self) -> Fitted:
        return {"mean": self._mean}

    def restore(self, state: Fitted) -> None:
        self._mean = np.asarray(state["mean"])

    def _vector(self, sample: Sample) -> NDArray[np.float32]:
        return super()._vector(sample) + self._mean


class Forgets(Learns):
    """Learns, and cannot be restored: each process fits."""

    card = ModelCard("forgets", "1", frozenset({Modality.IMAGE, Modality.TEXT}))
    fitted = None  # type: ignore[assignment]
    restore = None  # type: ignore[assignment]


class Raises(Tiny):
    """Raises at one item, in a way that does not pickle."""

    card = ModelCard("raises", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def embed(self, samples: Sequence[Sample], **how: Any) -> NDArray[np.float32]:
        class StrangeError(Exception):
            pass

        if any(sample.id == "test-7" for sample in samples):
            raise StrangeError("no seven please")
        return super().embed(samples, **how)


class Narrow(Tiny):
    """Breaks its contract."""

    card = ModelCard("narrow", "1", frozenset({Modality.IMAGE, Modality.TEXT}))

    def embed(self, samples: Sequence[Sample], **how: Any) -> NDArray[np.float32]:
        return super().embed(samples, **how)[:-1]
