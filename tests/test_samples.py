"""A sample's parts, what a model is shown of it, and what its fingerprint depends on."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmbench.samples import (
    FeaturesPart,
    MediaError,
    MediaPart,
    Message,
    Modality,
    Request,
    Sample,
    TextPart,
    media_part,
)

PNG = media_part(Modality.IMAGE, "image/png", b"not looked at")
FLAC = media_part(Modality.AUDIO, "audio/flac", b"nor this", language="en")
TIMES = np.asarray([[0.0, 0.5], [0.5, 1.0]])
FEATURES = FeaturesPart("covarep", np.asarray([[1, 2], [3, 4]], dtype=np.float32), TIMES)
FULL = Sample(
    "a",
    (PNG, TextPart("one", "en"), TextPart("eins", "de"), FLAC, FEATURES),
    options=("x", "y"),
    target="x",
    group="g",
    meta={"page": 3},
)


def test_the_only_part_of_a_kind() -> None:
    sample = Sample("a", (PNG, TextPart("one"), FLAC))
    assert (sample.text, sample.image, sample.audio) == ("one", PNG, FLAC)


@pytest.mark.parametrize(("name", "part"), [("text", TextPart("one")), ("image", PNG), ("audio", FLAC)])
def test_none_or_two_parts_of_a_kind_are_refused_by_name(name: str, part: MediaPart | TextPart) -> None:
    for number in (0, 2):
        with pytest.raises(ValueError, match=f"sample 'a' has {number} {name} parts where exactly one"):
            getattr(Sample("a", (FEATURES, *[part] * number)), name)


def test_parts_keep_their_order() -> None:
    assert [part.language for part in FULL.parts(Modality.TEXT)] == ["en", "de"]
    assert FULL.modalities == frozenset(Modality)


def test_a_view_drops_modalities_target_and_meta() -> None:
    view = FULL.view(frozenset({Modality.IMAGE, Modality.TEXT}))
    assert view.content == FULL.content[:3]
    assert view.target is None
    assert not view.meta
    assert (view.id, view.group, view.options) == ("a", "g", ("x", "y"))


def test_a_view_keeps_the_languages_asked_for_and_the_target_on_request() -> None:
    both = frozenset({Modality.IMAGE, Modality.TEXT, Modality.AUDIO})
    view = FULL.view(both, languages={Modality.TEXT: "de", Modality.AUDIO: "fr"}, target=True)
    assert view.content == (PNG, TextPart("eins", "de"))
    assert view.target == "x"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "b"},
        {"content": FULL.content[1:]},
        {"content": (FULL.content[0], FULL.content[2], FULL.content[1], *FULL.content[3:])},
        {"content": (PNG, TextPart("One", "en"), *FULL.content[2:])},
        {"content": (PNG, TextPart("one", None), *FULL.content[2:])},
        {"content": (media_part(Modality.IMAGE, "image/png", b"other"), *FULL.content[1:])},
        {"options": ("y", "x")},
        {"target": ["x"]},
        {"target": None},
        {"group": None},
        {"meta": {"page": 4}},
    ],
)
def test_each_field_that_can_move_a_score_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert replace(FULL, **change).fingerprint != FULL.fingerprint


def test_nothing_else_changes_the_fingerprint() -> None:
    moved = replace(PNG, data=None, path="/elsewhere", offset=7, length=3)
    assert replace(FULL, content=(moved, *FULL.content[1:])).fingerprint == FULL.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        FeaturesPart("facet", FEATURES.values, TIMES),
        FeaturesPart("covarep", FEATURES.values.reshape(1, 4), TIMES),
        FeaturesPart("covarep", FEATURES.values + 1, TIMES),
        FeaturesPart("covarep", FEATURES.values, TIMES + 1),
        FeaturesPart("covarep", FEATURES.values),
    ],
)
def test_features_differ_by_name_shape_values_and_times(other: FeaturesPart) -> None:
    assert other.fingerprint != FEATURES.fingerprint


def test_features_with_equal_numbers_are_equal_however_they_lie_in_memory() -> None:
    strided = np.asarray([[1, 3], [2, 4]], dtype=np.float32).T
    times: Any = TIMES.astype(np.float32)
    assert FeaturesPart("covarep", strided, times).fingerprint == FEATURES.fingerprint


def test_a_media_error_survives_a_process_boundary() -> None:
    error = pickle.loads(pickle.dumps(MediaError("id-1", "cut off")))  # noqa: S301  (made two lines above)
    assert (error.sample_id, error.reason, str(error)) == ("id-1", "cut off", "sample 'id-1': cut off")


def test_a_request_shows_the_text_of_its_last_message(picture: Callable[..., MediaPart]) -> None:
    system = Message("system", (TextPart("be brief"),))
    asked = Message("user", (TextPart("what"), picture(0), TextPart("is this?")))
    assert Request("a", (system, asked)).text == "what\nis this?"
