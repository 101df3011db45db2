"""A model that keeps its contract, and models that break it in one way each."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmbench.media import decode_audio, decode_image
from mmbench.models import ModelCard
from mmbench.samples import MediaPart, Modality, Request, Response, Sample, TextPart

WIDTH = 24


def card(*modalities: Modality, **facts: Any) -> ModelCard:
    known = {"parameters": 0, "licence": "CC0-1.0", "languages": ("en",), "training_datasets": ()}
    return ModelCard("mine", "1", frozenset(modalities), **{**known, **facts})


def vector(part: Any, key: str) -> Any:
    """A histogram of what is there."""
    if isinstance(part, TextPart):
        values = np.frombuffer(part.text.encode() + b"\1", dtype=np.uint8).astype(float)
    elif part.modality is Modality.IMAGE:
        values = np.asarray(decode_image(part, key), dtype=float).ravel()
    else:
        values = (decode_audio(part, key)[0].ravel() + 1) * 128
    return np.histogram(values, bins=WIDTH, range=(0, 256))[0] / len(values)


class Good:
    card = card(Modality.IMAGE, Modality.TEXT, Modality.AUDIO)

    def embed(self, samples: Sequence[Sample], *, modalities: Any, role: Any = None, instruction: Any = None) -> Any:
        (modality,) = modalities
        return np.asarray([self.row(sample.parts(modality)[0], sample) for sample in samples], dtype=np.float32)

    def row(self, part: Any, sample: Sample) -> Any:
        return vector(part, sample.id)


class Pictures(Good):
    card = card(Modality.IMAGE)


class Sorted(Pictures):
    """Returns rows in the order of the ids."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(sorted(samples, key=lambda sample: sample.id), **how)


class SortsInPlace(Pictures):
    def embed(self, samples: Any, **how: Any) -> Any:
        before = list(samples)
        samples.sort(key=lambda sample: sample.id)
        return super().embed(before, **how)


class Renames(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        for sample in samples:
            object.__setattr__(sample, "group", "seen")
        return rows


class Noise(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) + np.random.default_rng().normal(size=WIDTH)


class Jitter(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) * (1 + 1e-6 * np.random.default_rng().uniform())


class BatchNorm(Pictures):
    """Standardizes by the batch, as batch norm does in training mode."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        return ((rows - rows.mean(0)) / (rows.std(0) + 1e-5)).astype(np.float32)


class HalfPrecision(Pictures):
    """Rounds by a grid that depends on the size of the batch."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(samples, **how) * np.float32(1 + 1e-3 * (len(samples) % 3))


class Overflow(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) * (np.nan if sample.id == "toy-05" else 1)


class Wide(Pictures):
    """A width that depends on the batch."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        return rows[:, : WIDTH - len(samples) % 2]


class Integers(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return (super().embed(samples, **how) * 100).astype(int)


class OneRow(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(samples[:1], **how)[0]


class Swallows(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        try:
            return super().row(part, sample)
        except Exception:  # noqa: BLE001
            return np.ones(WIDTH)


class Crashes(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(part.data)).convert("RGB").resize((4, 2)), dtype=float).ravel()


class Blind(Good):
    """Claims pictures and looks at none."""

    card = card(Modality.IMAGE, Modality.TEXT)

    def row(self, part: Any, sample: Sample) -> Any:
        if isinstance(part, MediaPart):
            decode_image(part, sample.id)
            return np.ones(WIDTH)
        return super().row(part, sample)


class Deaf(Good):
    """Claims sounds and cannot take them."""

    def row(self, part: Any, sample: Sample) -> Any:
        return (
            vector(part, sample.id)
            if isinstance(part, TextPart)
            else np.asarray(decode_image(part, sample.id)).mean((0, 1)).repeat(8)
        )


class ShortContext(Good):
    card = card(Modality.TEXT)

    def row(self, part: Any, sample: Sample) -> Any:
        if not 0 < len(part.text) < 1000:
            raise IndexError("position 1000 is out of range")
        return super().row(part, sample)


class Stateful(Pictures):
    """Counts its calls and gives up."""

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        self.calls += 1
        if self.calls == 3:
            raise RuntimeError("out of tricks")
        return super().embed(samples, **how)


class Speaks:
    card = card(Modality.IMAGE, Modality.TEXT)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [self.answer(request) for request in requests]

    def answer(self, request: Request) -> Response:
        words = [f"{len(request.text)}"]
        for part in request.messages[-1].content:
            if isinstance(part, MediaPart):
                words += [str(one) for one in vector(part, request.sample_id).round(2)]
        text = " ".join([*words, "and", "so", "on"][: request.max_new_tokens])
        for stop in request.stop:
            text = text.partition(stop)[0]
        return Response(request.sample_id, text, "length")


class Talks(Speaks):
    """Knows no bounds."""

    def answer(self, request: Request) -> Response:
        return super().answer(replace(request, max_new_tokens=50, stop=()))


class Rambles(Speaks):
    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [Response("toy-00", one.text) for one in super().generate(requests)]


class Texts(Speaks):
    def generate(self, requests: Sequence[Request]) -> Any:
        return [one.text for one in super().generate(requests)]
