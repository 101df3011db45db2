"""Small data with one planted fault: what `checks.py power` measures detection on."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 70, 220),
    "yellow": (230, 210, 50),
    "black": (20, 20, 20),
}
SHAPES = ("circle", "square", "bar")
PLACES = {"left": (0.2, 0.5), "right": (0.8, 0.5), "top": (0.5, 0.2), "bottom": (0.5, 0.8)}
RATE = 16_000

Rows: TypeAlias = list[dict[str, Any]]
Plant: TypeAlias = Callable[[Rows, list[int]], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that one check is for.

    Attributes:
        make: clean rows from a number of samples and a seed.
        plant: changes the rows at some positions of the second half; one that needs neighbours says which they were.
        halves: the first half is the training split, the second the test split.
        named: whether the check can name samples.
    """

    make: Callable[[int, int], Rows]
    plant: Plant
    halves: bool = False
    named: bool = True


def captioned(count: int, seed: int, size: tuple[int, int] = (64, 48)) -> Rows:
    """JPEG pictures of a coloured shape on soft noise, and captions that say what it is and where."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        colour, shape, place = (str(draw.choice(list(words))) for words in (COLOURS, SHAPES, PLACES))
        picture = drawn(draw, size, colour, shape, place)
        rows.append(
            {"id": f"{number:06}", "image": picture, "text": f"a {colour} {shape} at the {place}, picture {number}"}
        )
    return rows


def drawn(draw: np.random.Generator, size: tuple[int, int], colour: str, shape: str, place: str) -> bytes:
    """One such picture as JPEG."""
    from PIL import Image, ImageDraw

    noise = draw.integers(90, 200, (5, 6, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    x, y = PLACES[place]
    radius = 0.16 * size[1]
    box = [x * size[0] - radius, y * size[1] - radius, x * size[0] + radius, y * size[1] + radius]
    pen = ImageDraw.Draw(image)
    if shape == "circle":
        pen.ellipse(box, fill=COLOURS[colour])
    else:
        squeeze = 0.7 * radius if shape == "bar" else 0
        pen.rectangle([box[0], box[1] + squeeze, box[2], box[3] - squeeze], fill=COLOURS[colour])
    return encoded(image, quality=85)


def encoded(image: Any, **options: Any) -> bytes:
    """A Pillow picture as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def asked(count: int, seed: int) -> Rows:
    """Pictures with a question and an answer that only the picture tells."""
    rows = captioned(count, seed)
    for row in rows:
        row["answer"], row["question"] = row.pop("text").split()[1], f"Which colour has thing {row['id']}?"
    return rows


def spoken(count: int, seed: int) -> Rows:
    """Tones of about a second with words of matching length."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        seconds = float(draw.uniform(0.8, 2.0))
        steps = np.repeat(draw.uniform(200, 2000, 8), int(RATE * seconds / 8))
        wave = 0.3 * np.sin(2 * np.pi * np.cumsum(steps) / RATE)
        text = " ".join(str(word) for word in draw.choice(["one", "two", "tree", "house"], max(1, round(3 * seconds))))
        rows.append({"id": f"{number:06}", "audio": sound(wave), "text": f"{text} {number}", "language": "en"})
    return rows


def sound(wave: np.ndarray[Any, Any], rate: int = RATE) -> bytes:
    """A wave ``(time,)`` as a WAV file."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _each(column: str, change: Callable[[Any], Any]) -> Plant:
    def plant(rows: Rows, wrong: list[int]) -> None:
        for index in wrong:
            rows[index][column] = change(rows[index][column])

    return plant


def _other(column: str, change: Callable[[Any], Any] = lambda value: value) -> Plant:
    """What another sample has, half a data set before."""

    def plant(rows: Rows, wrong: list[int]) -> None:
        for index in wrong:
            rows[index][column] = change(rows[index - len(rows) // 2][column])

    return plant


def _again(data: bytes) -> bytes:
    from PIL import Image

    return encoded(Image.open(io.BytesIO(data)), quality=40)


def _turned(data: bytes) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.open(io.BytesIO(data)), exif=exif)


def _plain(_data: bytes) -> bytes:
    from PIL import Image

    return encoded(Image.new("RGB", (64, 48), "navy"))


def _louder(data: bytes) -> bytes:
    import soundfile

    return sound(np.clip(5 * soundfile.read(io.BytesIO(data))[0], -1, 1))


def _slower(data: bytes) -> bytes:
    import soundfile

    return sound(soundfile.read(io.BytesIO(data))[0][::2], RATE // 2)


def _swap(rows: Rows, wrong: list[int]) -> None:
    texts = [rows[index]["text"] for index in wrong]
    for index, text in zip(wrong, texts[1:] + texts[:1], strict=True):
        rows[index]["text"] = text


def _run(rows: Rows, wrong: list[int]) -> list[int]:
    """As many samples that follow one another."""
    return list(range(len(rows) // 3, len(rows) // 3 + len(wrong)))


def _shift(rows: Rows, wrong: list[int]) -> None:
    run = _run(rows, wrong)
    _swap(rows, run)
    wrong[:] = run


def _mix(rows: Rows, wrong: list[int]) -> None:
    run = _run(rows, wrong)
    _swap(rows, np.random.default_rng(wrong).permutation(run).tolist())  # `wrong` differs by seed and rate
    wrong[:] = run


def _leak(rows: Rows, wrong: list[int]) -> None:
    for index in wrong:
        rows[index]["question"] = f"Is this thing {rows[index]['id']} {rows[index]['answer']} or not?"


def _sort(rows: Rows, wrong: list[int]) -> None:
    run = _run(rows, wrong)
    held = sorted(((rows[index]["answer"], rows[index]["image"]) for index in run), key=lambda pair: str(pair[0]))
    for index, (answer, image) in zip(run, held, strict=True):
        rows[index] |= {"answer": answer, "image": image}


FAULTS: dict[str, Fault] = {
    "media-decodes": Fault(captioned, _each("image", lambda data: data[: len(data) // 2])),
    "media-type": Fault(captioned, _each("image", _turned)),
    "modality-drop-out": Fault(captioned, _each("image", _plain)),
    "text-encoding": Fault(captioned, _each("text", lambda text: f"{text} cafÃ©")),
    "text-script": Fault(captioned, _each("text", lambda _: "красная машина на улице")),
    "generic-text": Fault(captioned, _each("text", lambda _: "an image")),
    "repeated-text": Fault(captioned, _other("text")),
    "conflicting-duplicates": Fault(captioned, _other("image")),
    "near-copies": Fault(captioned, _other("image", _again)),
    "cross-split-leakage": Fault(captioned, _other("image"), halves=True),
    "near-copies-across-splits": Fault(captioned, _other("image", _again), halves=True),
    "mismatched-pairs": Fault(captioned, _swap),
    "pairing-by-stratum": Fault(captioned, _mix),
    "shifted-pairs": Fault(captioned, _shift),
    "audio-signal": Fault(spoken, _each("audio", _louder)),
    "audio-format": Fault(spoken, _each("audio", _slower)),
    "answer-leak": Fault(asked, _leak),
    "label-order": Fault(asked, _sort, named=False),
}
