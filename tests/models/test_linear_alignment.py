"""The baseline on tiny data with the real encoders: it learns, it does not look at neighbours, and its state comes back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmbench.models import load_model
from mmbench.samples import MediaPart, Message, Modality, Request, Sample, TextPart, media_part

pytestmark = pytest.mark.demo

COLOURS = ("red", "green", "blue", "yellow", "black")
SHAPES = ("circle", "square")
IMAGE, TEXT, AUDIO = (frozenset({modality}) for modality in (Modality.IMAGE, Modality.TEXT, Modality.AUDIO))


def drawn(colour: str, shape: str, side: int) -> MediaPart:
    import io

    image = Image.new("RGB", (64, 64), "white")
    box = (32 - side, 32 - side, 32 + side, 32 + side)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if shape == "circle" else draw.rectangle)(box, fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return media_part(Modality.IMAGE, "image/png", buffer.getvalue())


THINGS = [(colour, shape, side) for side in (12, 22) for colour in COLOURS for shape in SHAPES]


def pairs() -> list[Sample]:
    return [Sample(f"{c} {s} {n}", (drawn(c, s, n), TextPart(f"a {c} {s}", "en"))) for c, s, n in THINGS]


def questions(target: bool = True) -> list[Sample]:
    found = []
    for c, s, n in THINGS:
        for question, answer in (("what colour is it?", c), ("what shape is it?", s)):
            content = (drawn(c, s, n), TextPart(question))
            found.append(Sample(f"{c} {s} {n} {question}", content, target=answer if target else None))
    return found


def fresh(encoders: Any) -> Any:
    """A model of its own that shares the loaded encoders."""
    model: Any = load_model("linear-alignment").model
    for part in (model, model._answers, model._values):
        part._features = encoders
    return model


@pytest.fixture(scope="module")
def encoders() -> Any:
    from mmbench.models.encoders.features import FrozenFeatures

    return FrozenFeatures()


def test_pairs_find_each_other_and_the_maps_come_back(encoders: Any) -> None:
    rows = pairs()
    model, restored = fresh(encoders), fresh(encoders)
    model.fit(rows, rows)
    restored.restore(model.fitted())
    vectors = {}
    for modality in (IMAGE, TEXT):
        vectors[modality] = model.embed(rows, modalities=modality)
        np.testing.assert_array_equal(restored.embed(rows, modalities=modality), vectors[modality])
        for row in (0, 7):
            alone = model.embed(rows[row : row + 1], modalities=modality, role="query")
            np.testing.assert_array_equal(alone[0], vectors[modality][row])
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (vectors[IMAGE], vectors[TEXT][:10])]
    nearest = (unit[0] @ unit[1].T).argmax(axis=1)
    assert (nearest == np.arange(20) % 10).mean() > 0.8


def test_speech_is_mapped_into_text(encoders: Any, tone: Callable[..., MediaPart]) -> None:
    rows = [Sample(str(i), (tone(200 * 1.3**i), TextPart(f"tone number {i}"))) for i in range(12)]
    model = fresh(encoders)
    model.fit(rows, rows)
    sound, text = (model.embed(rows, modalities=modality) for modality in (AUDIO, TEXT))
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (sound, text)]
    assert ((unit[0] @ unit[1].T).argmax(axis=1) == np.arange(12)).mean() > 0.8


def test_answers_need_both_sides_and_come_back(encoders: Any) -> None:
    rows = questions()
    model, restored = fresh(encoders), fresh(encoders)
    model.fit(rows, rows)
    restored.restore(model.fitted())
    requests = [Request(row.id, (Message("user", row.content),)) for row in questions(target=False)]
    found = model.generate(requests)
    assert np.mean([one.text == row.target for one, row in zip(found, rows, strict=True)]) > 0.9
    assert restored.generate(requests) == found
    assert model.generate(requests[5:6]) == found[5:6]
    np.testing.assert_array_equal(model.fitted()["answers.weights"], restored.fitted()["answers.weights"])


def test_values_are_learned_and_come_back(encoders: Any) -> None:
    rows = [Sample(row.id, row.content, target=1.0 if "red" in row.id else -0.25) for row in pairs()]
    model, restored = fresh(encoders), fresh(encoders)
    model.fit(rows, rows)
    restored.restore(model.fitted())
    found = model.predict(rows)
    assert np.corrcoef(found[:, 0], [row.target for row in rows])[0, 1] > 0.9
    np.testing.assert_array_equal(restored.predict(rows), found)
    np.testing.assert_array_equal(model.predict(rows[3:4]), found[3:4])


def test_what_was_not_fitted_is_not_asked(encoders: Any) -> None:
    model = fresh(encoders)
    assert model.fitted() == {}
    with pytest.raises(RuntimeError, match="has to be fitted before it embeds"):
        model.embed(pairs()[:1], modalities=IMAGE)
    with pytest.raises(RuntimeError, match="has to be fitted before it predicts"):
        model.predict(pairs()[:1])
    with pytest.raises(RuntimeError, match="has to be fitted before it answers"):
        model.generate([Request("a", (Message("user", questions()[0].content),))])


def test_classes_that_are_options_get_a_column_each() -> None:
    words = {
        "glad": "what a wonderful lovely day",
        "sad": "this is a terrible awful loss",
        "plain": "the table has four legs",
    }
    names = tuple(words)
    rows = [
        Sample(f"{name}{number}", (TextPart(f"{text} {number}", "en"),), names, name)
        for name, text in words.items()
        for number in range(8)
    ]
    model: Any = load_model("linear-alignment").model
    model.fit(rows[::2], rows[1::2])
    found = model.predict(rows[1::2])
    assert found.shape == (12, 3)
    assert [names[column] for column in found.argmax(axis=1)] == [row.target for row in rows[1::2]]
