"""Clean data raise no failure, and one bad file among many is one finding: the whole of ``mmbench.check``, over seeds and kinds of data."""

from collections.abc import Callable

import numpy as np
import pytest

import mmbench
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Modality, Sample, TextPart, media_part
from tests.models.test_pairs import COLOURS, captioned, coloured

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
KINDS = ("image-text", "audio-text", "triples", "vqa", "sentiment")


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbench.models.pairs.FROZEN", ("a_package_that_is_not_there",))


def _sample(kind: str, number: int, draw: np.random.Generator, tone: Make) -> Sample:
    names = list(COLOURS)
    colour = str(draw.choice(names))
    picture = coloured(colour, int(draw.integers(2**40)))
    sound = tone(200 + 300 * names.index(colour) + float(draw.uniform(0, 40)), seconds=1.5, language="en")
    text = TextPart(f"a {colour} thing, {draw.choice(['big', 'small', 'old'])} number {number}", "en")
    target: object = None
    content: tuple[MediaPart | TextPart, ...]
    if kind == "vqa":
        content, target = (picture, TextPart("Which colour is it?", "en")), colour
    elif kind == "sentiment":
        content, target = (sound, text), float(np.clip(draw.normal(), -3, 3))
    else:
        content = {"image-text": (picture, text), "audio-text": (sound, text), "triples": (picture, sound, text)}[kind]
    return Sample(f"s{number}", content, target=target, group=f"g{number}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_clean_data_never_fail(kind: str, seed: int, tone: Make, open_rows: Open) -> None:
    draw = np.random.default_rng([seed, KINDS.index(kind)])
    everything = [_sample(kind, number, draw, tone) for number in range(120)]
    report = mmbench.check(open_rows({"train": everything[:60], "test": everything[60:]}), progress=False)
    assert [one.check for one in report.results if one.status == "fail"] == []


def test_shuffled_captions_fail_where_train_is_in_order(open_rows: Open) -> None:
    train, test = captioned(160), captioned(160, seed=1)
    order = np.random.default_rng(0).permutation(160)
    mixed = [
        Sample(f"t{i}", (one.content[0], test[j].content[1]))
        for i, (one, j) in enumerate(zip(test, order, strict=True))
    ]
    report = mmbench.check(open_rows({"train": train, "test": mixed}), progress=False)
    result = next(one for one in report.results if one.check == "pairing-shuffle")
    assert result.status == "fail"
    assert {item.split for item in result.items} == {"test"}
    assert not report.ok


def test_one_bad_file_is_one_finding(open_rows: Open) -> None:
    rows = captioned(300)
    broken = media_part(Modality.IMAGE, "image/png", b"\x89PNG\r\n but no more")
    rows[123] = Sample("123", (broken, rows[123].content[1]))
    report = mmbench.check(open_rows({"test": rows}), progress=False)
    failed = {one.check: one.ids for one in report.results if one.status == "fail"}
    assert failed == {"media-decodes": ["123"]}
