"""Near copies: the search finds every pair within the radius, and the checks name copies that were encoded anew."""

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

import mmbench
from mmbench.loaders.checks import all_checks, run_checks
from mmbench.loaders.checks._near import difference_hash, near_pairs, near_sounds, sound_fingerprint, thumbnail
from mmbench.loaders.dataset import PairedDataset
from mmbench.media import decode_audio, decode_image
from mmbench.samples import MediaPart, Modality, Sample, TextPart, media_part

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
KEYS = ("near-copies", "near-copies-across-splits", "cross-split-leakage")


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 80), st.integers(1, 80), st.integers(0, 6))
def test_every_pair_within_the_radius_is_found_once(seed: int, n: int, m: int, radius: int) -> None:
    draw = np.random.default_rng(seed)
    left = draw.integers(0, 2**64, n, dtype=np.uint64)
    right = left[draw.integers(0, n, m)]
    for _ in range(int(draw.integers(0, 9))):
        right = right ^ (np.uint64(1) << draw.integers(0, 64, m).astype(np.uint64))
    found = [pair for i, j in near_pairs(left, right, radius) for pair in zip(i.tolist(), j.tolist(), strict=True)]
    distance = np.bitwise_count(left[:, None] ^ right[None, :])
    expected = {(int(i), int(j)) for i, j in zip(*np.nonzero(distance <= radius), strict=True)}
    assert len(found) == len(set(found))
    assert set(found) <= expected
    if max(np.unique(right, return_counts=True)[1]) <= 64:
        assert set(found) == expected


def test_sounds_are_compared_bit_by_bit() -> None:
    prints = np.random.default_rng(0).integers(0, 256, (300, 32), dtype=np.uint8)
    prints[17] = prints[3]
    prints[17, :4] ^= 255
    pairs = {(i, j) for a, b in near_sounds(prints, prints) for i, j in zip(a.tolist(), b.tolist(), strict=True)}
    assert pairs == {*((i, i) for i in range(300)), (3, 17), (17, 3)}


def _photo(seed: int) -> Image.Image:
    """A picture with soft structure, as photographs have."""
    draw = np.random.default_rng(seed)
    return Image.fromarray(draw.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (160, 120), Image.Resampling.BICUBIC
    )


def _stored(image: Image.Image, kind: str = "PNG", **options: int) -> MediaPart:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", buffer.getvalue())


def _check(open_rows: Open, rows: Rows) -> dict[str, tuple[str, list[str]]]:
    chosen = [one for one in all_checks() if one.key in KEYS]
    return {one.check: (one.status, one.ids) for one in run_checks(open_rows(rows), checks=chosen).findings}


def _rows() -> Rows:
    return {
        split: [Sample(f"{split}-{i}", (_stored(_photo(start + i)), TextPart(f"words {start + i}"))) for i in range(40)]
        for split, start in (("train", 0), ("test", 1000))
    }


def test_unlike_pictures_pass(open_rows: Open) -> None:
    assert _check(open_rows, _rows()) == {}


def test_a_picture_encoded_anew_is_found(open_rows: Open) -> None:
    copies = (
        _stored(_photo(3), "JPEG", quality=40),
        _stored(_photo(4).resize((80, 60), Image.Resampling.LANCZOS)),
        _stored(ImageEnhance.Brightness(_photo(5)).enhance(1.2)),
    )
    rows = _rows()
    for number, copy in enumerate(copies):
        rows["test"][number] = replace(rows["test"][number], content=(copy, *rows["test"][number].content[1:]))
    assert _check(open_rows, rows) == {"near-copies-across-splits": ("fail", ["test-0", "test-1", "test-2"])}


def test_a_copy_is_shown_beside_what_it_was_copied_from(open_rows: Open, tmp_path: Path) -> None:
    rows = _rows()
    copy = _stored(_photo(4), "JPEG", quality=40)
    rows["test"][7] = replace(rows["test"][7], content=(copy, *rows["test"][7].content[1:]))
    report = run_checks(open_rows(rows), checks=[one for one in all_checks() if one.key in KEYS])
    page = report.to_html(tmp_path / "page").read_text(encoding="utf-8")
    finding = page.split('<section id="near-copies-across-splits">')[1].split("</section>")[0]
    assert finding.count("<article") == 2
    assert finding.index("test-7") < finding.index("beside test-7")
    assert "words 4" in finding
    anchor = "near-copies-across-splits/test/test-7"
    assert finding.count(f'id="{anchor}"') == finding.count(f'href="#{anchor}"') == 1


@pytest.mark.parametrize("grouped", [False, True])
def test_a_copy_in_the_same_group_is_no_finding(grouped: bool, open_rows: Open) -> None:
    rows = _rows()
    copy = (_stored(_photo(1003), "JPEG", quality=40), TextPart("other words"))
    rows["test"][7] = replace(rows["test"][7], content=copy)
    for number in (3, 7) if grouped else ():
        rows["test"][number] = replace(rows["test"][number], group="one scene")
    assert _check(open_rows, rows) == ({} if grouped else {"near-copies": ("warn", ["test-7"])})


def test_a_sound_encoded_anew_is_found(tone: Make, open_rows: Open) -> None:
    rows = {
        split: [Sample(f"{split}-{i}", (tone(start + i, seconds=1.5),)) for i in range(20)]
        for split, start in (("train", 300), ("test", 900))
    }
    wave, rate = decode_audio(rows["train"][3].audio, "x")
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * wave.T, rate, format="OGG", subtype="VORBIS")
    rows["test"][5] = Sample("test-5", (media_part(Modality.AUDIO, "audio/ogg", buffer.getvalue()),))
    assert _check(open_rows, rows) == {"near-copies-across-splits": ("warn", ["test-5"])}


def test_silence_has_no_fingerprint() -> None:
    assert sound_fingerprint(np.zeros((1, 16_000), dtype=np.float32), 16_000) is None
    assert sound_fingerprint(np.ones((1, 10), dtype=np.float32), 16_000) is None


def test_two_datasets_are_held_against_each_other(open_rows: Open) -> None:
    rows = _rows()
    rows["test"][2] = replace(rows["test"][2], content=rows["train"][9].content)
    rows["test"][4] = replace(rows["test"][4], content=(_stored(_photo(8), "JPEG", quality=50), TextPart("else")))
    splits = open_rows(rows)
    report = mmbench.check(splits["test"], splits["train"])
    assert {one.check: one.ids for one in report.findings} == {
        "cross-split-leakage": ["test-2"],
        "near-copies-across-splits": ["test-4"],
    }


def test_hashes_are_those_of_the_definition() -> None:
    small = thumbnail(decode_image(_stored(_photo(1)), "x"))
    grey = small.astype(float) @ [0.299, 0.587, 0.114]
    bits = ""
    for y in range(8):
        cells = [grey[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean() for x in range(9)]
        bits += "".join("1" if left > right + 2 else "0" for left, right in itertools.pairwise(cells))
    assert difference_hash(small) == int(bits, 2)
