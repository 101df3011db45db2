"""Decoded content: the same in the background as here, in order, with an error in place of what cannot be decoded."""

import gc
import io
import pickle
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.decoding import BLOCK, Decoded, decoded
from mmbench.samples import MediaError, MediaPart, Modality, Sample, TextPart, media_part

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
WORKERS = (0, 2)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises a size, with no such pixels behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def sound(channels: int, rate: int) -> bytes:
    import soundfile

    wave = np.linspace(-0.5, 0.5, 800 * channels).reshape(800, channels)
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def rows(picture: Callable[..., MediaPart], size: int = 3 * BLOCK + 5) -> list[Sample]:
    found = []
    for number in range(size):
        audio = media_part(Modality.AUDIO, "audio/wav", sound(1 + number % 2, (8000, 16000, 44100)[number % 3]))
        found.append(Sample(str(number), (picture(number, 16 + number), TextPart("x"), audio)))
    cut = (picture(7).data or b"")[:-60]
    for place, data in ((1, b""), (2, cut), (3, png_of(50_000, 50_000)), (4, b"<html>")):
        found[place] = Sample(str(place), (media_part(Modality.IMAGE, "image/png", data),))
    return found


def plain(item: Decoded) -> Any:
    if isinstance(item, MediaError):
        return (item.sample_id, item.reason)
    return (item[0].tolist(), item[1]) if isinstance(item, tuple) else item.tolist()


@pytest.mark.parametrize("stored", [True, False], ids=["a split", "a list"])
def test_the_background_gives_what_this_process_gives(
    picture: Callable[..., MediaPart], open_rows: Open, stored: bool
) -> None:
    made = rows(picture)
    samples = open_rows({"all": made})["all"] if stored else made
    here, there = (
        [(found.sample.id, [plain(item) for item in found.media]) for found in decoded(samples, workers=workers)]
        for workers in WORKERS
    )
    assert here == there
    assert [name for name, _ in here] == [sample.id for sample in made]


def test_what_cannot_be_decoded_is_an_error_in_its_place(picture: Callable[..., MediaPart]) -> None:
    found = list(decoded(rows(picture, 8)))
    said = [str(item) for one in found for item in one.media if isinstance(item, MediaError)]
    assert [reason.split(":")[0] for reason in said] == [f"sample '{place}'" for place in (1, 2, 3, 4)]
    assert said[2] == "sample '3': the picture is far larger than 100,000,000 pixels"


def test_pictures_are_rgb_and_sounds_keep_channels_and_rate(picture: Callable[..., MediaPart]) -> None:
    found = list(decoded(rows(picture, 8)))
    image, audio = found[5].media
    assert isinstance(image, np.ndarray)
    assert (image.shape, str(image.dtype)) == ((21, 21, 3), "uint8")
    assert isinstance(audio, tuple)
    assert (audio[0].shape, str(audio[0].dtype), audio[1]) == ((2, 800), "float32", 44100)


def test_arrays_that_are_kept_stay_what_they_were(picture: Callable[..., MediaPart]) -> None:
    made = [Sample(str(number), (picture(number),)) for number in range(6 * BLOCK)]
    kept = [found.media[0] for found in decoded(made, workers=2)]  # far more blocks than wait at a time
    here = [found.media[0] for found in decoded(made)]
    assert all(np.array_equal(one, other) for one, other in zip(kept, here, strict=True))  # type: ignore[arg-type]


def test_stopping_early_gives_the_memory_back(picture: Callable[..., MediaPart]) -> None:
    from mmbench.loaders.decoding import _pool

    made = [Sample(str(number), (picture(number),)) for number in range(6 * BLOCK)]
    for _ in range(4):
        for found in decoded(made, workers=2):
            del found
            break
        gc.collect()
    assert len(list(_pool(2).folder.iterdir())) <= 6
    assert len(set(_pool(2)._free)) == len(_pool(2)._free)


def test_a_split_travels_to_another_process_by_its_path(picture: Callable[..., MediaPart], open_rows: Open) -> None:
    split = open_rows({"all": [Sample(str(n), (picture(n),), meta={"n": n}) for n in range(50)]})["all"]
    sent = pickle.dumps(split[10:20])
    assert len(sent) < 5000
    arrived = pickle.loads(sent)  # noqa: S301  (what a torch loader does)
    assert arrived.ids == split[10:20].ids
    assert arrived.fingerprint == split[10:20].fingerprint
    with pytest.raises(UserError, match="came from another process"):
        arrived.card.source.inputs()


def test_a_sample_pickles_with_and_without_meta(picture: Callable[..., MediaPart]) -> None:
    for sample in (Sample("a", (picture(1),)), Sample("b", (TextPart("x"),), meta={"fold": 1})):
        back = pickle.loads(pickle.dumps(sample))  # noqa: S301
        assert back.fingerprint == sample.fingerprint
        with pytest.raises(TypeError):
            back.meta["new"] = 1
