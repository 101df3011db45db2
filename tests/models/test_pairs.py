"""Embedded pairs: what is drawn, which rows may be tested, who may embed."""

import io
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

import mmbench
from mmbench.errors import UserError
from mmbench.models import wrap_model
from mmbench.models.encoders.light import light_features, light_pictures, light_texts
from mmbench.models.pairs import EmbeddedPairs, embedded_pairs
from mmbench.models.ridge import held_out_maps
from mmbench.samples import FeaturesPart, MediaPart, Modality, Role, Sample, TextPart, media_part

Make = Callable[..., MediaPart]
COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 180, 60),
    "blue": (40, 60, 220),
    "yellow": (230, 220, 40),
    "black": (15, 15, 15),
}


def coloured(name: str, seed: int) -> MediaPart:
    """A picture of a colour with soft noise, all different."""
    from PIL import Image

    noise = np.random.default_rng(seed).integers(-14, 15, (6, 6, 3))
    pixels = np.clip(np.asarray(COLOURS[name]) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((32, 32), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return media_part(Modality.IMAGE, "image/png", buffer.getvalue())


def captioned(count: int, seed: int = 0) -> list[Sample]:
    """Pictures and captions that name their colour."""
    names = [str(name) for name in np.random.default_rng(seed).choice(list(COLOURS), count)]
    return [
        Sample(f"{i}", (coloured(name, 1000 * seed + i), TextPart(f"a {name} thing", "en")))
        for i, name in enumerate(names)
    ]


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbench.models.pairs.FROZEN", ("a_package_that_is_not_there",))


def _pairs(rows: Sequence[Sample], most: int = 2000) -> list[EmbeddedPairs]:
    return embedded_pairs({"test": rows}, {"test": range(len(rows))}, most=most)


def test_features_without_weights_tell_pairs_apart() -> None:
    (found,) = _pairs(captioned(200))
    assert (found.left, found.right, found.embedder) == ("image", "text", "features without weights")
    assert 80 <= found.held.sum() <= 120
    scores = found.vectors[0] @ found.vectors[1].T
    assert np.diagonal(scores).mean() > scores.mean() + 0.3


def test_a_map_is_never_applied_to_the_rows_that_it_was_fitted_on() -> None:
    draw = np.random.default_rng(0)
    left, right, halves = draw.normal(size=(80, 200)), draw.normal(size=(80, 5)), np.arange(80) % 2 == 0
    mapped, wanted = held_out_maps(left, right, halves, (1e-6, 1e-5))
    assert abs(float((mapped * wanted).sum(1).mean())) < 0.2  # on its own rows such a map is exact


def test_long_splits_are_drawn_in_runs() -> None:
    (found,) = _pairs(captioned(900), most=400)
    assert len(found.rows) == 400
    runs = np.split(found.rows, np.flatnonzero(np.diff(found.windows)) + 1)
    assert all((np.diff(run) == 1).all() for run in runs)
    assert found.rows[-1] == 899


def test_what_does_not_decode_is_left_out() -> None:
    rows = captioned(80)
    broken = media_part(Modality.IMAGE, "image/png", b"<html>404</html>")
    rows[17] = Sample("17", (broken, rows[17].content[1]))
    (found,) = _pairs(rows)
    assert 17 not in found.rows
    assert len(found.rows) == 79


def test_a_picture_counts_once() -> None:
    rows = captioned(80)
    rows[40] = Sample("40", (rows[3].content[0], TextPart("another text")))
    (found,) = _pairs(rows)
    assert 40 not in found.rows


def test_features_are_paired_by_name() -> None:
    draw = np.random.default_rng(0)
    rows = []
    for i in range(120):
        state = draw.normal(size=3)
        streams = [
            FeaturesPart(name, (state + 0.1 * draw.normal(size=(7, 3))).astype(np.float32))
            for name in ("audio", "vision")
        ]
        rows.append(Sample(f"{i}", tuple(streams)))
    (found,) = _pairs(rows)
    assert (found.left, found.right) == ("features vision", "features audio")
    scores = found.vectors[0] @ found.vectors[1].T
    assert np.diagonal(scores).mean() > scores.mean() + 0.4


def test_few_samples_or_one_kind_of_content_have_no_pairs() -> None:
    assert _pairs(captioned(12)) == []
    assert _pairs([Sample(f"{i}", (TextPart(f"words {i}"),)) for i in range(60)]) == []


class Zeroshot:
    """Embeds colours and their names."""

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        from mmbench.media import decode_image

        rows = [
            np.asarray(decode_image(sample.image, sample.id), dtype=np.float32).mean((0, 1))
            if modalities == {Modality.IMAGE}
            else next(np.asarray(colour, dtype=np.float32) for name, colour in COLOURS.items() if name in sample.text)
            for sample in samples
        ]
        return np.stack(rows) - np.float32(100)


def test_a_model_that_never_saw_the_data_may_test_every_row() -> None:
    rows = captioned(60)
    (found,) = embedded_pairs({"test": rows}, {"test": range(60)}, model=wrap_model(Zeroshot()))
    assert found.held.all()
    assert (found.vectors[0] * found.vectors[1]).sum(1).min() > 0.9


def test_models_that_cannot_are_refused() -> None:
    rows = {"test": captioned(30)}
    with pytest.raises(UserError, match="does not embed"):
        embedded_pairs(rows, {"test": range(30)}, model=mmbench.as_model(name="talker", generate=lambda requests: []))
    with pytest.raises(UserError, match="leave --model out"):
        embedded_pairs(
            rows,
            {"test": range(30)},
            model=mmbench.as_model(name="learner", embed=Zeroshot().embed, fit=lambda train, valid: None),
        )


def test_light_features_have_their_shapes() -> None:
    from PIL import Image

    assert light_pictures([Image.new("RGB", (5, 90)), Image.new("RGB", (40, 40), "red")]).shape == (
        2,
        4 * 32 + 192 - 32,
    )
    assert light_texts(["", "смесь 漢字 mixed"]).shape == (2, 512)
    odd = light_features([np.full((2, 3), np.nan), np.zeros((0, 3))])
    assert odd.shape == (2, 6)
    assert np.isfinite(odd).all()
