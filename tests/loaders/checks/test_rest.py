"""Checks of files, order, decoding and scripts; what is known and accepted; what runs and boards are told."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mmbench
from mmbench.errors import UserError
from mmbench.loaders.cards import Issue
from mmbench.loaders.checks import CheckReport, all_checks, run_checks
from mmbench.loaders.checks.baseline import read_baseline, write_baseline
from mmbench.loaders.checks.text import script_of
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.verdicts import verdict
from mmbench.samples import MediaPart, Modality, Sample, TextPart, media_part

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]


@pytest.fixture
def splits(picture: Make, open_rows: Open) -> dict[str, PairedDataset]:
    return open_rows({"test": [Sample(f"{i}", (picture(i), TextPart(f"words number {i}", "en"))) for i in range(30)]})


def _fired(report: CheckReport) -> dict[str, tuple[str, list[str]]]:
    return {one.check: (one.status, one.ids) for one in report.findings}


def test_a_row_file_that_changed_on_disk_is_found(splits: dict[str, PairedDataset]) -> None:
    _, path, _ = splits["test"].files[0]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # behind the end of the stream: nothing that reads rows sees it
    before = path.stat()
    path.write_bytes(bytes(data))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a bad disk would
    assert _fired(run_checks(splits)) == {"stored-files": ("fail", [])}


def test_another_revision_than_asked_for_is_found(
    splits: dict[str, PairedDataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(splits["test"].card.source), "revision", "b" * 40, raising=False)
    assert _fired(run_checks(splits)) == {"revision": ("fail", [])}
    monkeypatch.undo()
    splits["test"].evidence = "generated-differs"
    assert _fired(run_checks(splits)) == {"revision": ("warn", [])}


class Turned(PairedDataset):
    """Iterates backwards: what a loader with several readers may do."""

    def __iter__(self) -> Iterator[Sample]:
        return iter([self[i] for i in reversed(range(len(self)))])


def test_another_order_is_found(splits: dict[str, PairedDataset]) -> None:
    splits["test"].__class__ = Turned
    fired = _fired(run_checks(splits))
    assert fired["order"][0] == "fail"
    assert len(fired["order"][1]) == 30


def test_a_fast_decoder_is_found(splits: dict[str, PairedDataset], monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from mmbench.loaders.checks import decoding as decoder

    def fast(part: MediaPart, sample_id: str) -> Image.Image:
        from mmbench.media import decode_image

        image = decode_image(part, sample_id)
        return (
            image.resize((image.width // 2, image.height // 2)).resize(image.size)
            if "jpeg" in part.media_type
            else image
        )

    assert _fired(run_checks(splits)) == {}
    monkeypatch.setattr(decoder, "decode_image", fast)
    assert _fired(run_checks(splits)) == {"decoding": ("warn", [])}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("a red car", "LATIN"), ("красная машина", "CYRILLIC"), ("猫がいる", "CJK"), ("貓", "CJK"), ("고양이가 있다", "HANGUL"),
        ("Ok 漢", None), ("12 + 3", None), ("", None),
    ],
)  # fmt: skip
def test_the_script_of_a_text(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_a_caption_in_another_script_is_named(picture: Make, open_rows: Open) -> None:
    texts = [TextPart(f"words number {i}", "en") for i in range(30)]
    texts[4], texts[7], texts[8] = (
        TextPart("красная машина", "en"),
        TextPart("красная машина номер", "ru"),
        TextPart("zu Latn", "zh-Latn"),
    )
    rows = [Sample(f"{i}", (picture(i), text)) for i, text in enumerate(texts)]
    assert _fired(run_checks(open_rows({"test": rows}))) == {"text-script": ("warn", ["4"])}


@pytest.mark.parametrize(("wrong", "said"), [({4}, True), ({4, 9, 14, 19, 24}, False)])
def test_captions_without_a_tag_are_held_against_their_split(
    wrong: set[int], said: bool, picture: Make, open_rows: Open
) -> None:
    rows = [
        Sample(f"{i}", (picture(i), TextPart(f"красная машина {i}" if i in wrong else f"words number {i}")))
        for i in range(30)
    ]
    found = {"text-script": ("warn", [f"{i}" for i in sorted(wrong)])} if said else {}
    assert _fired(run_checks(open_rows({"test": rows}))) == found


def test_one_text_for_many_pictures_is_named(picture: Make, open_rows: Open) -> None:
    rows = [
        Sample(f"{i}", (picture(i), TextPart("An image." if i % 3 == 0 else f"words number {i}"))) for i in range(60)
    ]
    fired = _fired(run_checks(open_rows({"test": rows})))
    assert fired["generic-text"] == ("warn", [f"{i}" for i in range(0, 60, 3)])
    assert set(fired) == {"generic-text", "repeated-text"}


BLANK = ("modality-drop-out", "repeated-text", "text-length", "texts-per-picture")  # what two blank captions set off


def _blank(picture: Make, *numbers: int) -> Rows:
    return {"test": [Sample(f"{i}", (picture(i), TextPart(" " if i in numbers else f"words {i}"))) for i in range(40)]}


def test_findings_that_are_accepted_let_pass_until_they_grow(picture: Make, open_rows: Open, tmp_path: Path) -> None:
    splits = open_rows(_blank(picture, 3, 4))
    report = run_checks(splits)
    assert {one.check for one in report.findings} == set(BLANK)
    path = tmp_path / "baseline.json"
    write_baseline(path, report, None)
    assert read_baseline(path) == dict.fromkeys(BLANK, frozenset({"test/3", "test/4"}))
    again = run_checks(splits, accepted=read_baseline(path))
    assert again.findings == ()
    assert {one.check for one in again.known} == set(BLANK)
    assert {one.check for one in run_checks(splits, accepted={"text-length": 1}).findings} == set(BLANK)
    others = dict.fromkeys(BLANK, frozenset({"test/3", "test/9"}))  # as many, but another one
    assert {one.check for one in run_checks(splits, accepted=others).findings} == set(BLANK)


def test_a_baseline_only_shrinks(picture: Make, open_rows: Open, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    report = run_checks(open_rows(_blank(picture, 3, 4)))
    three, both = frozenset({"test/3"}), frozenset({"test/3", "test/4"})
    assert write_baseline(path, report, {"text-length": three}) == {"text-length": three}
    assert write_baseline(path, report, {"text-length": both | {"test/9"}, "ids-unique": three}) == {
        "text-length": both
    }
    assert read_baseline(path) == {"text-length": both}
    path.write_text('{"schema": 1, "accepted": {"text-length": 2}}', encoding="utf-8")
    with pytest.raises(UserError, match="no baseline of checks"):
        read_baseline(path)


def test_a_finding_without_samples_can_be_accepted(
    splits: dict[str, PairedDataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(type(splits["test"].card.source), "revision", "b" * 40, raising=False)
    path = tmp_path / "baseline.json"
    write_baseline(path, run_checks(splits), None)
    assert read_baseline(path) == {"revision": frozenset()}
    assert run_checks(splits, accepted=read_baseline(path)).ok


def test_a_modality_of_the_card_that_is_nowhere_is_found(picture: Make, open_rows: Open) -> None:
    splits = open_rows({"test": [Sample(f"{i}", (picture(i),), ("a", "b"), "a") for i in range(30)]})
    card = splits["test"].card
    splits["test"].card = card.model_copy(update={"modalities": (Modality.IMAGE, Modality.TEXT)})
    assert "modality-drop-out" not in _fired(run_checks(splits))  # options are text
    splits["test"].card = card.model_copy(update={"modalities": (Modality.IMAGE, Modality.AUDIO)})
    report = run_checks(splits)
    assert _fired(report)["modality-drop-out"] == ("warn", [])
    assert (
        "No sample holds audio, which the card names."
        in {one.check: one.message for one in report.results}["modality-drop-out"]
    )


def test_one_unreadable_file_among_ten_thousand_is_one_finding(picture: Make, open_rows: Open) -> None:
    whole = picture(0)
    rows = [Sample(f"{i}", (whole,), group="one") for i in range(10_000)]
    rows[7123] = Sample("7123", (media_part(Modality.IMAGE, "image/png", b"<html>404</html>"),), group="one")
    chosen = [one for one in all_checks() if one.family in ("integrity", "media")]
    assert _fired(run_checks(open_rows({"test": rows}), checks=chosen)) == {"media-decodes": ("fail", ["7123"])}


def test_stereo_at_8_khz_is_heard(open_rows: Open) -> None:
    """Sound as telephones record it, in two channels: nothing is wrong with it, whatever a model was trained on."""
    rows = [Sample(f"{i}", (_stereo(i), TextPart(f"words of call {i}", "en"))) for i in range(30)]
    report = mmbench.check(open_rows({"test": rows}), pairs=0)
    assert _fired(report) == {}
    assert "8000 Hz, 2 channels: 30" in {one.check: one.message for one in report.results}["audio-format"]


def _stereo(seed: int) -> MediaPart:
    draw = np.random.default_rng(seed)
    steps = np.repeat(draw.uniform(200, 2000, (8, 2)), 1500, axis=0)
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * np.cumsum(steps, axis=0) / 8000), 8000, format="WAV")
    return media_part(Modality.AUDIO, "audio/wav", buffer.getvalue(), language="en")


def test_an_issue_of_the_card_is_known(picture: Make, open_rows: Open) -> None:
    splits = open_rows(_blank(picture, 3))
    issues = tuple(
        Issue(summary="a blank text", count=1, handling="none", check=key)
        for key in ("modality-drop-out", "text-length", "texts-per-picture")
    )
    splits["test"].card = splits["test"].card.model_copy(update={"known_issues": issues})
    assert mmbench.check(splits, pairs=0).findings == ()


def test_runs_are_told_what_the_checks_said(splits: dict[str, PairedDataset], monkeypatch: pytest.MonkeyPatch) -> None:
    assert mmbench.check(splits, limit=10).partial
    assert not splits["test"].checks  # a part of a split says nothing of the whole
    report = mmbench.check(splits, pairs=0)
    assert splits["test"].checks == {"report": report.digest, "failed": [], "splits": ["test"]}
    monkeypatch.setattr(type(splits["test"].card.source), "revision", "b" * 40, raising=False)
    mmbench.check(splits, pairs=0)
    found = verdict(splits["test"].fingerprint)
    assert found is not None
    assert found["failed"] == ["revision"]


def test_a_report_has_a_digest(splits: dict[str, PairedDataset]) -> None:
    assert run_checks(splits).digest == run_checks(splits).digest
    assert json.loads(run_checks(splits).to_json())["results"][0]["family"] == "answers"


def test_odd_splits_end_in_a_report(picture: Make, tone: Make, open_rows: Open) -> None:
    """One sample, all samples alike, a modality that is nowhere, no text, many scripts in one text."""
    one = [
        Sample("0", (picture(0), tone(300), TextPart("mixed смесь 漢字 ελ"))),
    ]
    assert mmbench.check(open_rows({"one": one})).ok


@pytest.mark.parametrize("kind", ["alike", "no text", "features"])
def test_odd_content_ends_in_a_report(kind: str, picture: Make, open_rows: Open) -> None:
    from mmbench.samples import FeaturesPart

    values = np.full((0, 3), np.nan, dtype=np.float32)
    contents = {
        "alike": (picture(0), TextPart("the same")),
        "no text": (picture(0),),
        "features": (FeaturesPart("v", values), TextPart("words")),
    }
    rows = [Sample(f"{i}", contents[kind], group="one") for i in range(60)]
    report = mmbench.check(open_rows({"all": rows}))
    assert {one.status for one in report.results} <= {"pass", "warn", "fail", "inconclusive", "not_applicable"}
