"""Toy content made on the spot: pictures, texts and sounds of different sizes and lengths, awkward ones, and broken ones."""

import io
from collections.abc import Mapping
from functools import cache

import numpy as np

from mmbench.samples import MediaPart, Modality, Part, TextPart, media_part

COLOURS = ("red", "green", "blue", "yellow", "black", "white", "orange", "purple")
THINGS = (
    "a bird on a wire",
    "two dogs",
    "a car in the rain",
    "an old map",
    "Straße in München",
    "猫が寝ている",
    "the moon",
    "a chess board",
)
RATES = (16_000, 22_050, 44_100, 48_000)
LONG = 20_000  # words: longer than any context that a toy would have
SEED = 7


def toy(modality: Modality, number: int) -> Part:
    """The content of this kind with this number: equal numbers give equal bytes, and no two numbers equal content."""
    makers = {Modality.TEXT: _text, Modality.IMAGE: _picture, Modality.AUDIO: _sound}
    return makers[modality](number)


def awkward(modality: Modality) -> Mapping[str, Part]:
    """Content that is whole and unusual, by what it is called."""
    return _awkward()[modality]


def broken(modality: Modality) -> Mapping[str, Part]:
    """Content that nobody can decode, by what it is called."""
    whole = toy(modality, 3)
    assert isinstance(whole, MediaPart)  # noqa: S101  (texts cannot be broken; no caller asks for them)
    data = whole.data or b""
    return {
        "cut off in the middle": media_part(modality, whole.media_type, data[: len(data) // 2]),
        "a web page": media_part(modality, whole.media_type, b"<html><body>404 Not Found</body></html>"),
    }


def _text(number: int) -> TextPart:
    words = [f"{COLOURS[number % len(COLOURS)]}", THINGS[(number // len(COLOURS) + number) % len(THINGS)]]
    return TextPart(" and ".join([*words, *[f"number {number}"] * (1 + number % 5)]), "en")


def _picture(number: int) -> MediaPart:
    from PIL import Image

    draw = np.random.default_rng([SEED, number])
    height, width = (int(side) for side in draw.integers(24, 120, 2))
    blocks = draw.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST)
    mode, kind = (("RGB", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG"), ("L", "PNG"))[number % 4]
    return _encoded(image.convert(mode), kind)


def _encoded(image: "object", kind: str) -> MediaPart:
    from PIL import Image

    assert isinstance(image, Image.Image)  # noqa: S101  (a type for the checker: Pillow is imported inside)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", buffer.getvalue())


def _sound(number: int) -> MediaPart:
    draw = np.random.default_rng([SEED, number])
    rate = RATES[number % len(RATES)]
    times = np.arange(int(rate * draw.uniform(0.3, 1.5))) / rate
    waves = [0.3 * np.sin(2 * np.pi * draw.uniform(150, 3000) * times * (1 + times)) for _ in range(1 + number % 2)]
    return _flac(np.stack(waves, axis=1), rate)


def _flac(frames: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", rate: int) -> MediaPart:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, frames, rate, format="FLAC", subtype="PCM_16")
    return media_part(Modality.AUDIO, "audio/flac", buffer.getvalue())


@cache
def _awkward() -> Mapping[Modality, Mapping[str, Part]]:
    from PIL import Image

    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(1600) / 16_000)[:, None]
    return {
        Modality.TEXT: {
            "an empty text": TextPart(""),
            "a very long text": TextPart("word " * LONG, "en"),
            "a text of signs only": TextPart("\u200b🏳️‍🌈 \n\t…"),
        },
        Modality.IMAGE: {
            "a picture of 1 x 1": _encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
            "a picture of 400 x 2": _encoded(Image.new("RGB", (400, 2), "blue"), "PNG"),
        },
        Modality.AUDIO: {
            "a sound of 0.1 s": _flac(tone, 16_000),
            "a second of silence": _flac(np.zeros((16_000, 1)), 16_000),
        },
        Modality.FEATURES: {},
    }
