"""A small data set, its tasks and models, made in memory: what tests of runs, engines and the command line share."""

import dataclasses
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.sources import Build, Inputs, Roots, Source
from mmbench.loaders.unknown import Unknown
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import Modality, Request, Response, Role, Sample, TextPart, media_part
from mmbench.tasks.kinds.generation import GenerationTask
from mmbench.tasks.kinds.question_answering import Open
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask
from mmbench.tasks.prompts import Prompt

SIZE = 40
COLOURS = ("red", "green", "blue", "grey")


@dataclasses.dataclass(frozen=True)
class MemorySource:
    """Samples from a function, with no files behind them."""

    build: Build
    revision: str = "1"

    @property
    def generator(self) -> str:
        return ""

    def for_split(self, split: str) -> Source:
        return self

    def locate(self) -> Roots:
        return {}

    def inputs(self, *, progress: bool = False) -> Inputs:
        return Inputs({}, self.revision, {})


def picture(index: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (index * 6 % 256, index * 11 % 256, index)).save(buffer, "PNG")
    return buffer.getvalue()


def samples(broken: Sequence[int] = ()) -> Iterator[tuple[str, Sample]]:
    for split in ("train", "validation", "test"):
        for index in range(SIZE):
            data = b"<html>not a picture</html>" if split == "test" and index in broken else picture(index + len(split))
            content = (media_part(Modality.IMAGE, "image/png", data), TextPart(f"picture {split} {index}", "en"))
            yield split, Sample(f"{split}-{index}", content, target=COLOURS[index % 4], group=f"{split}-{index // 2}")


def card(key: str = "fake", broken: Sequence[int] = (), empty: bool = False) -> DatasetCard:
    facts = SplitFacts(count=Unknown(reason="a test"), fingerprint=Unknown(reason="a test"), protocol="a test")
    return DatasetCard(
        key=key,
        title="A fake",
        summary="Made by a test.",
        task_kinds=("retrieval", "question-answering"),
        modalities=(Modality.IMAGE, Modality.TEXT),
        languages=("en",),
        splits={"train": facts, "validation": facts, "test": facts},
        columns={},
        source=MemorySource(
            (lambda roots: iter(())) if empty else (lambda roots: samples(broken)), f"{key}-{list(broken)}-{empty}"
        ),
        licence="CC0-1.0",
        access="open",
        labels_public=True,
        redistributable=True,
        download_bytes=0,
        citation="none",
        homepage="https://example.org",
        evidence={},
    )


def retrieval_task(key: str = "fake") -> RetrievalTask:
    return RetrievalTask(
        id=f"{key}.t2i", title="Fake", dataset=key, split="test", train_split="train", valid_split="validation", version=1,
        metric=retrieval_metric(k=(1, 5)), primary="hit@5", query=Facet(Modality.TEXT, "en"), document=Facet(Modality.IMAGE),
    )  # fmt: skip


def question_task(key: str = "fake") -> GenerationTask:
    return GenerationTask(
        id=f"{key}.open", title="Fake", dataset=key, split="test", train_split="train", valid_split="validation", version=1,
        metric=exact_match_metric(), primary="accuracy", context=frozenset({Modality.IMAGE}), form=Open(exact_match_metric()),
        prompt=Prompt("p-1", "Say one word."),
    )  # fmt: skip


class Pixels:
    """Embeds pictures by their mean colour and texts by their hash; counts its calls."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        from mmbench.media import decode_image

        self.batches.append([sample.id for sample in samples])
        if modalities == {Modality.IMAGE}:
            rows = [
                np.asarray(decode_image(sample.image, sample.id), dtype=np.float32).mean((0, 1)) for sample in samples
            ]
        else:
            rows = [np.asarray([len(sample.text), ord(sample.text[-1]), 1.0], dtype=np.float32) for sample in samples]
        return np.stack(rows)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        self.batches.append([request.sample_id for request in requests])
        return [Response(request.sample_id, COLOURS[len(request.text) % 4]) for request in requests]


def register(monkeypatch: Any, *cards: DatasetCard) -> None:
    """Put cards into the catalog of this process."""
    import mmbench.loaders

    known = {card.key: card for card in cards}
    catalog = mmbench.loaders._catalog
    monkeypatch.setattr(mmbench.loaders, "_catalog", lambda: {**catalog(), **known})
