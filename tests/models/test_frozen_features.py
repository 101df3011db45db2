"""The frozen encoders as a model: in a batch as alone, kept in the cache, one kind of content at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.engines.features import Cache, embeddings
from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.base import Fittable
from mmbench.samples import MediaPart, Modality, Sample, TextPart, media_part

WIDTHS = {Modality.IMAGE: 1280, Modality.TEXT: 384, Modality.AUDIO: 577}


@pytest.mark.demo
@pytest.mark.parametrize("modality", list(WIDTHS))
def test_a_part_has_the_same_vector_in_any_batch(
    modality: Modality, picture: Callable[..., MediaPart], tone: Callable[..., MediaPart], tmp_path: Path
) -> None:
    make: dict[Modality, Callable[[int], Any]] = {
        Modality.IMAGE: lambda i: picture(i, 32 if i % 2 else 100),
        Modality.TEXT: lambda i: TextPart("word " * (5 * i + 1)),
        Modality.AUDIO: lambda i: tone(300 + 50 * i, 0.1 * (i + 1)),
    }
    samples = [Sample(str(i), (make[modality](i),)) for i in range(5)]
    shown = frozenset({modality})
    cache = Cache(tmp_path)
    together = embeddings(load_model("frozen-features"), samples, modalities=shown, cache=cache)
    assert isinstance(together.values, np.ndarray)
    assert together.values.shape == (5, WIDTHS[modality])
    assert (str(together.values.dtype), together.errors) == ("float32", {})
    alone = embeddings(load_model("frozen-features"), samples, modalities=shown, batch_size=1)
    np.testing.assert_array_equal(together.values, alone.values)
    kept = embeddings(load_model("frozen-features"), samples, modalities=shown, cache=cache, role="query")
    np.testing.assert_array_equal(together.values, kept.values)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1


@pytest.mark.demo
def test_a_picture_that_does_not_decode_costs_itself(picture: Callable[..., MediaPart]) -> None:
    broken = media_part(Modality.IMAGE, "image/png", b"<html>")
    samples = [Sample("a", (picture(1),)), Sample("b", (broken,)), Sample("c", (picture(2),))]
    found = embeddings(load_model("frozen-features"), samples, modalities=frozenset({Modality.IMAGE}))
    assert list(found.errors) == ["b"]
    assert np.isnan(np.asarray(found.values)).any(axis=1).tolist() == [False, True, False]


def test_it_is_frozen_and_says_what_its_weights_are() -> None:
    loaded = load_model("frozen-features")
    assert not isinstance(loaded.model, Fittable)
    assert loaded.revision == "1+efficientnet-lite0-57934424+all-minilm-l6-v2-53aa5117+log-mel-1"


@pytest.mark.parametrize("shown", [{Modality.IMAGE, Modality.TEXT}, {Modality.FEATURES}, set()])
def test_it_embeds_one_kind_of_content_at_a_time(shown: set[Modality]) -> None:
    model: Any = load_model("frozen-features").model
    with pytest.raises(UserError, match="frozen-features embeds one of audio, image, text at a time"):
        model.embed([], modalities=frozenset(shown))
