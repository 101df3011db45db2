"""Dual encoders and matchers: in any batch, exactly what the library gives for one input alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.media import decode_audio, decode_image
from mmbench.models import load_model
from mmbench.samples import MediaError, MediaPart, Modality, media_part
from tests.models.adapters.conftest import one
from tests.models.adapters.tiny import transformers

IMAGE, TEXT, AUDIO = (frozenset({one}) for one in (Modality.IMAGE, Modality.TEXT, Modality.AUDIO))
TEXTS = ["a cat", "x", "a very long caption that goes on and on beyond what any of these small encoders can take in"]


def loaded(folder: Path, **config: Any) -> Any:
    return load_model(f"transformers:{folder}", device="cpu", **config).model


def library(folder: Path) -> tuple[Any, Any]:
    hf = transformers()

    return hf.AutoModel.from_pretrained(folder).eval(), hf.AutoProcessor.from_pretrained(folder)


def random_state() -> str:
    return repr(np.random.get_state())  # noqa: NPY002


def vector(output: Any) -> Any:
    return output.pooler_output[0].detach().numpy()


@pytest.mark.parametrize(("name", "longest"), [("clip", 16), ("siglip", 20), ("siglip2", 64)])
def test_pictures_and_texts_are_embedded_as_by_the_library(
    name: str, longest: int, folder: Callable[..., Path], picture: Callable[..., MediaPart]
) -> None:
    model, (network, processor) = loaded(folder(name)), library(folder(name))
    assert model.symmetric
    assert model.card.modalities == IMAGE | TEXT
    parts = [picture(seed, side) for seed, side in [(0, 20), (1, 64), (2, 32)]]
    found = model.embed([one(part) for part in parts], modalities=IMAGE)
    for row, part in zip(found, parts, strict=True):
        inputs = processor(images=decode_image(part, "a"), return_tensors="pt")
        np.testing.assert_allclose(row, vector(network.get_image_features(**inputs)), atol=1e-5)
    padding = True if name == "clip" else "max_length"
    found = model.embed([one(text) for text in TEXTS], modalities=TEXT)
    for row, text in zip(found, TEXTS, strict=True):
        inputs = processor(text=[text], padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        np.testing.assert_allclose(row, vector(network.get_text_features(**inputs)), atol=1e-5)
    assert found.dtype == np.float32


def test_the_cosine_is_the_logit_of_the_whole_model(
    folder: Callable[..., Path], picture: Callable[..., MediaPart]
) -> None:
    model, (network, processor) = loaded(folder("clip")), library(folder("clip"))
    texts, part = TEXTS[:2], picture(3)
    out = network(**processor(text=texts, images=decode_image(part, "a"), padding=True, return_tensors="pt"))
    left = model.embed([one(part)], modalities=IMAGE)
    right = model.embed([one(text) for text in texts], modalities=TEXT)
    cosines = (left @ right.T) / np.linalg.norm(left) / np.linalg.norm(right, axis=1)
    np.testing.assert_allclose(cosines * network.logit_scale.exp().item(), out.logits_per_image.detach(), atol=1e-4)


@pytest.mark.parametrize("fusion", [False, True])
def test_a_sound_is_embedded_alike_in_any_company(
    fusion: bool, folder: Callable[..., Path], tone: Callable[..., MediaPart]
) -> None:
    where = folder("clap", fusion=fusion)
    model, (network, processor) = loaded(where), library(where)
    parts = [
        tone(440, 0.4),
        tone(300, 1.6),
        tone(500, 1.0),
    ]  # the middle one is longer than the second that the model hears
    state = random_state()
    found = model.embed([one(part) for part in parts], modalities=AUDIO)
    assert random_state() == state
    for row, part in zip(found, parts, strict=True):
        wave = decode_audio(part, "a", 48_000)[0].mean(0)
        np.random.seed(0)  # noqa: NPY002
        inputs = processor(audio=wave, sampling_rate=48_000, return_tensors="pt")
        np.testing.assert_allclose(row, vector(network.get_audio_features(**inputs)), atol=1e-5)
    inputs = processor(text=["a cat"], return_tensors="pt")
    texts = model.embed([one("a cat"), one("a longer text")], modalities=TEXT)
    np.testing.assert_allclose(texts[0], vector(network.get_text_features(**inputs)), atol=1e-5)


def test_pairs_are_scored_as_by_the_matching_head(
    folder: Callable[..., Path], picture: Callable[..., MediaPart]
) -> None:
    import torch

    hf = transformers()

    where = folder("blip_itm")
    model = loaded(where)
    network, processor = (
        hf.BlipForImageTextRetrieval.from_pretrained(where).eval(),
        hf.AutoProcessor.from_pretrained(where),
    )
    left = [one(picture(seed)) for seed in (0, 1, 0)]
    right = [one(text) for text in ("a cat", "a much longer caption 12", "x")]
    scores = model.score_pairs(left, right)
    np.testing.assert_allclose(model.score_pairs(right, left), scores, atol=1e-6)
    images, texts = model.embed(left, modalities=IMAGE), model.embed(right, modalities=TEXT)
    for row, (image, text) in enumerate(zip(left, right, strict=True)):
        inputs = processor(images=decode_image(image.image, "a"), text=text.text, return_tensors="pt")
        with torch.no_grad():
            probability = network(**inputs).itm_score.softmax(-1)[0, 1]
            cosine = network(**inputs, use_itm_head=False).itm_score
        assert 1 / (1 + np.exp(-scores[row])) == pytest.approx(float(probability), abs=1e-5)
        assert images[row] @ texts[row] == pytest.approx(float(cosine), abs=1e-5)
    with pytest.raises(UserError, match="scores a picture with a text"):
        model.score_pairs(left[:1], left[:1])


def test_pictures_above_the_bound_are_shrunk_and_keyed_so(
    folder: Callable[..., Path], picture: Callable[..., MediaPart]
) -> None:
    model, bounded = loaded(folder("clip")), loaded(folder("clip"), max_pixels=400)
    large, small = one(picture(0, 200)), one(picture(0, 16))
    assert not np.allclose(model.embed([large], modalities=IMAGE), bounded.embed([large], modalities=IMAGE), atol=1e-6)
    assert np.array_equal(model.embed([small], modalities=IMAGE), bounded.embed([small], modalities=IMAGE))
    assert model.preprocessing != bounded.preprocessing


def test_what_it_cannot_embed_is_said(folder: Callable[..., Path], picture: Callable[..., MediaPart]) -> None:
    model = loaded(folder("clip"))
    with pytest.raises(UserError, match=r"clip embeds one of image, text at a time; it was asked for image \+ text"):
        model.embed([one("a")], modalities=IMAGE | TEXT)
    broken = media_part(Modality.IMAGE, "image/png", picture(0).data[:40])  # type: ignore[index]
    with pytest.raises(MediaError, match="sample 'bad'"):
        model.embed([one(picture(0)), one(broken, "bad")], modalities=IMAGE)
