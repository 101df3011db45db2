"""Toy content made on the spot: pictures, texts and sounds of different sizes and lengths, awkward ones, and broken ones."""

import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmbench.samples import MediaPart, Modality, Part, TextPart, media_part

if TYPE_CHECKING:
    from PIL import Image

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
    makers: Mapping[Modality, Callable[[int], Part]] = {
        Modality.TEXT: _text,
        Modality.IMAGE: _picture,
        Modality.AUDIO: _sound,
    }
    return makers[modality](number)


def awkward(modality: Modality) -> Mapping[str, Part]:
    """Content that is whole and unusual, by what it is called."""
    if modality is Modality.TEXT:
        return {
            "an empty text": TextPart(""),
            "a very long text": TextPart("word " * LONG, "en"),
            "a text of signs only": TextPart("\u200b🏳️\u200d🌈 \n\t…"),
        }
    kind = "image/png" if modality is Modality.IMAGE else "audio/flac"
    return {name: media_part(modality, kind, data) for name, data in _awkward_files()[modality].items()}


def broken(modality: Modality) -> Mapping[str, Part]:
    """Pictures or sounds that nobody can decode, by what they are called."""
    whole = _picture(3) if modality is Modality.IMAGE else _sound(3)
    data = whole.data or b""
    return {
        "cut off in the middle": media_part(modality, whole.media_type, data[: len(data) // 2]),
        "a web page": media_part(modality, whole.media_type, b"<html><body>404 Not Found</body></html>"),
    }


def _text(number: int) -> TextPart:
    words = [f"{COLOURS[number % len(COLOURS)]}", THINGS[(number // len(COLOURS) + number) % len(THINGS)]]
    return TextPart(" and ".join([*words, *[f"number {number}"] * (1 + number % 5)]), "en")


def _picture(number: int) -> MediaPart:
    kind, data = _picture_file(number)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", data)


@cache
def _picture_file(number: int) -> tuple[str, bytes]:
    from PIL import Image

    draw = np.random.default_rng([SEED, number])
    height, width = (int(side) for side in draw.integers(24, 120, 2))
    blocks = draw.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST)
    mode, kind = (("RGB", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG"), ("L", "PNG"))[number % 4]
    return kind, _encoded(image.convert(mode), kind)


def _encoded(image: "Image.Image", kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def _sound(number: int) -> MediaPart:
    return media_part(Modality.AUDIO, "audio/flac", _sound_file(number))


@cache
def _sound_file(number: int) -> bytes:
    draw = np.random.default_rng([SEED, number])
    rate = RATES[number % len(RATES)]
    times = np.arange(int(rate * draw.uniform(0.3, 1.5))) / rate
    waves = [0.3 * np.sin(2 * np.pi * draw.uniform(150, 3000) * times * (1 + times)) for _ in range(1 + number % 2)]
    return _flac(np.stack(waves, axis=1), rate)


def _flac(frames: NDArray[np.float64], rate: int) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, frames, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


@cache
def _awkward_files() -> Mapping[Modality, Mapping[str, bytes]]:
    from PIL import Image

    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(1600) / 16_000)[:, None]
    return {
        Modality.IMAGE: {
            "a picture of 1 x 1": _encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
            "a picture of 400 x 2": _encoded(Image.new("RGB", (400, 2), "blue"), "PNG"),
        },
        Modality.AUDIO: {
            "a sound of 0.1 s": _flac(tone, 16_000),
            "a second of silence": _flac(np.zeros((16_000, 1)), 16_000),
        },
    }
