"""Decoding: the same pixels and samples as the reference libraries give, and one error that names the sample for anything else."""

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray
from PIL import Image

from mmbench import media
from mmbench.media import decode_audio, decode_image, pcm_fingerprint, pixel_fingerprint, read_bytes
from mmbench.samples import MediaError, MediaPart, Modality, media_part

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8)
SOUND = (RNG.standard_normal((8000, 2)) * 0.1).astype(np.float32)
TRANSPOSED: dict[int, Image.Transpose | None] = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def encoded(image: Image.Image, kind: str, **options: Any) -> MediaPart:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", buffer.getvalue())


def pixels(part: MediaPart) -> NDArray[np.uint8]:
    image = decode_image(part, "id-1")
    assert image.mode == "RGB"
    return np.asarray(image)


def spoken(values: NDArray[np.float32], kind: str = "WAV", rate: int = 16_000, **options: Any) -> MediaPart:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate, format=kind, **options)
    return media_part(Modality.AUDIO, f"audio/{kind.lower()}", buffer.getvalue())


def cut(part: MediaPart, share: float) -> MediaPart:
    assert part.data is not None
    return media_part(part.modality, part.media_type, part.data[: int(len(part.data) * share)])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    image, exif = Image.fromarray(NOISE), Image.Exif()
    exif[0x0112] = orientation
    way = TRANSPOSED[orientation]
    wanted = image if way is None else image.transpose(way)
    np.testing.assert_array_equal(pixels(encoded(image, "PNG", exif=exif)), np.asarray(wanted))


def test_transparency_lies_on_white() -> None:
    rgba = Image.new("RGBA", (3, 1))
    rgba.putdata([(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 128)])
    assert pixels(encoded(rgba, "PNG")).tolist() == [[[255, 0, 0], [255, 255, 255], [127, 127, 127]]]


def test_a_transparent_colour_lies_on_white_too() -> None:
    red = Image.new("RGB", (1, 1), (255, 0, 0))
    grey = Image.new("L", (1, 1), 9)
    assert pixels(encoded(red, "PNG", transparency=(255, 0, 0))).tolist() == [[[255, 255, 255]]]
    assert pixels(encoded(red, "PNG", transparency=(0, 255, 0))).tolist() == [[[255, 0, 0]]]
    assert pixels(encoded(grey, "PNG", transparency=9)).tolist() == [[[255, 255, 255]]]


@pytest.mark.parametrize(("mode", "kind"), [("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("P", "GIF"), ("CMYK", "TIFF")])
def test_other_modes_become_the_rgb_that_pillow_makes(mode: str, kind: str) -> None:
    image = Image.fromarray(NOISE).convert(mode)
    np.testing.assert_array_equal(pixels(encoded(image, kind)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_cut_off(kind: str) -> None:
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16)
    found = pixels(encoded(Image.fromarray(ramp * 257), kind))
    np.testing.assert_array_equal(found, np.repeat(ramp[:, :, None], 3, axis=2))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_a_damaged_picture_is_a_media_error_and_nothing_else(kind: str) -> None:
    whole = encoded(Image.fromarray(NOISE), kind).data
    assert whole is not None
    rng = np.random.default_rng(1)
    damaged: list[bytes] = [whole[:length] for length in range(0, len(whole), max(1, len(whole) // 60))]
    for _ in range(60):
        flipped = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 300), 4):
            flipped[place] = rng.integers(256)
        damaged.append(bytes(flipped))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of broken EXIF blocks in files that it can still read
        for data in damaged:
            try:
                decode_image(media_part(Modality.IMAGE, "image/x", data), "id-1")
            except MediaError as error:
                assert error.sample_id == "id-1"  # noqa: PT017  (some damage is only a wrong pixel)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_picture_names_its_sample(kind: str, share: float) -> None:
    with pytest.raises(MediaError, match=f"sample 'id-1': not a readable image/{kind.lower()}"):
        decode_image(cut(encoded(Image.fromarray(NOISE), kind), share), "id-1")


@pytest.mark.parametrize("data", [b"<!DOCTYPE html><html>404</html>", b"", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_has_the_same_reason_every_time(data: bytes) -> None:
    reasons = set()
    for _ in range(2):
        with pytest.raises(MediaError, match="not a readable image/jpeg: no known picture format") as caught:
            decode_image(media_part(Modality.IMAGE, "image/jpeg", data), "id-1")
        reasons.add(caught.value.reason)
    assert len(reasons) == 1


def test_a_pixel_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    part = encoded(Image.fromarray(NOISE), "PNG")
    monkeypatch.setattr(media, "MAX_PIXELS", 32 * 24)
    decode_image(part, "id-1")
    monkeypatch.setattr(media, "MAX_PIXELS", 32 * 24 - 1)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(MediaError, match="the picture is 32 x 24, above 767 pixels"):
        decode_image(part, "id-1")


def test_a_range_of_a_file_is_read(tmp_path: Path) -> None:
    one, two = b"first picture", b"second"
    path = tmp_path / "shard.tar"
    path.write_bytes(one + two)
    inside = MediaPart(Modality.IMAGE, "x", hashlib.sha256(one).hexdigest(), "", path=str(path), length=len(one))
    rest = MediaPart(Modality.IMAGE, "x", hashlib.sha256(two).hexdigest(), "", path=str(path), offset=len(one))
    assert (read_bytes(inside, "a"), read_bytes(rest, "a")) == (one, two)
    with pytest.raises(MediaError, match="changed since the split was indexed"):
        read_bytes(replace(inside, offset=1), "a")


def test_a_file_that_changed_or_vanished_after_indexing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    data = encoded(Image.fromarray(NOISE), "PNG").data
    assert data is not None
    path.write_bytes(data)
    part = replace(media_part(Modality.IMAGE, "image/png", data), data=None, path=str(path))
    decode_image(part, "id-1")
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(MediaError, match=r"sample 'id-1': .*a\.png changed since the split was indexed"):
        decode_image(part, "id-1")
    path.unlink()
    with pytest.raises(MediaError, match=r"a\.png cannot be read \(No such file or directory\)"):
        decode_image(part, "id-1")
    with pytest.raises(MediaError, match="neither bytes nor a path"):
        decode_image(replace(part, path=None), "id-1")


def test_stored_bytes_that_changed_are_refused() -> None:
    part = replace(media_part(Modality.IMAGE, "image/png", b"x"), data=b"y")
    with pytest.raises(MediaError, match="the stored bytes changed"):
        read_bytes(part, "id-1")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF"])
def test_sound_is_channels_by_time_at_its_own_rate(kind: str) -> None:
    found, rate = decode_audio(spoken(SOUND, kind, 22_050), "id-1")
    assert (found.shape, str(found.dtype), rate) == ((2, 8000), "float32", 22_050)
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, SOUND.T, atol=2**-15)


def test_sound_is_resampled_by_soxr() -> None:
    part = spoken(SOUND, rate=44_100, subtype="FLOAT")
    found, rate = decode_audio(part, "id-1", 16_000)
    np.testing.assert_array_equal(found, soxr.resample(SOUND, 44_100, 16_000, quality="HQ").T)
    assert rate == 16_000
    np.testing.assert_array_equal(decode_audio(part, "id-1", 44_100)[0], SOUND.T)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "MP3"])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_truncated_sound_is_not_taken_for_a_whole_one(kind: str, share: float) -> None:
    with pytest.raises(MediaError, match="sample 'id-1'"):
        decode_audio(cut(spoken(SOUND, kind), share), "id-1")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_a_damaged_sound_is_a_media_error_and_nothing_else(kind: str) -> None:
    whole = spoken(SOUND, kind).data
    assert whole is not None
    rng = np.random.default_rng(2)
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(0, 100, 4):
            data[place] = rng.integers(256)
        try:
            decode_audio(media_part(Modality.AUDIO, "audio/x", bytes(data)), "id-1")
        except MediaError as error:
            assert error.sample_id == "id-1"  # noqa: PT017  (some damage is only a wrong sample)


def test_a_streamed_wav_without_a_size_is_whole() -> None:
    whole = spoken(SOUND).data
    assert whole is not None
    streamed = media_part(Modality.AUDIO, "audio/wav", whole[:4] + b"\xff\xff\xff\xff" + whole[8:])
    assert decode_audio(streamed, "id-1")[0].shape == (2, 8000)


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(MediaError, match="the audio/wav holds no sound"):
        decode_audio(spoken(SOUND[:0]), "id-1")
    for data in (b"", b"<html>"):
        with pytest.raises(MediaError, match="not a readable audio/wav: Format not recognised"):
            decode_audio(media_part(Modality.AUDIO, "audio/wav", data), "id-1")


def test_an_endless_sound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_FRAMES", 7999)
    with pytest.raises(MediaError, match="the sound has 8,000 frames, above 7,999"):
        decode_audio(spoken(SOUND), "id-1")


def test_fingerprints_are_of_the_content_and_not_of_the_file(picture: Callable[..., MediaPart]) -> None:
    small, large = (encoded(Image.fromarray(NOISE), "PNG", compress_level=level) for level in (9, 0))
    assert small.sha256 != large.sha256
    assert pixel_fingerprint(decode_image(small, "a")) == pixel_fingerprint(decode_image(large, "a"))
    assert pixel_fingerprint(decode_image(small, "a")) != pixel_fingerprint(decode_image(picture(0), "a"))
    flat = Image.fromarray(NOISE.reshape(32, 24, 3))
    assert pixel_fingerprint(flat) != pixel_fingerprint(Image.fromarray(NOISE))
    steps = np.arange(9, dtype=np.int16)
    assert pcm_fingerprint(steps, 16_000) == pcm_fingerprint(steps.astype(">i2"), 16_000)
    assert pcm_fingerprint(steps, 16_000) != pcm_fingerprint(steps, 8_000)
