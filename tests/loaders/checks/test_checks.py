"""Every check: silent on a clean set, and on a planted fault it names exactly the planted samples, with declared companions only."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmbench.loaders.cache import open_splits
from mmbench.loaders.checks import all_checks, run_checks
from mmbench.loaders.checks.report import CheckReport
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart, media_part

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
TRAIN, TEST = 24, 40


@pytest.fixture
def clean(picture: Make, tone: Make) -> Rows:
    """Captioned pictures with speech in two splits: nothing is wrong with them."""
    return {
        split: [
            Sample(
                f"{split}-{i}",
                (
                    picture(start + i),
                    tone(200 + 10 * (start + i), seconds=1.5, language="en"),
                    TextPart(f"Caption number {start + i}.", "en"),
                    TextPart(f"Bildtext Nummer {start + i}, größer.", "de"),
                ),
                group=f"{split}-group-{i // 2}",
            )
            for i in range(count)
        ]
        for split, start, count in (("train", 0, TRAIN), ("test", 1000, TEST))
    }


@pytest.fixture
def questions(picture: Make) -> Rows:
    """Three questions per picture with answers in two splits; the questions repeat, as they do in such sets."""
    return {
        split: [
            Sample(
                f"{split}-{i}",
                (picture(start + i // 3), TextPart(f"Question {i % 3}?", "en")),
                target=f"answer {i % 5}",
                group=f"{split}-{i // 3}",
            )
            for i in range(count)
        ]
        for split, start, count in (("train", 0, 60), ("test", 1000, 90))
    }


def _fired(report: CheckReport) -> dict[str, tuple[str, list[str]]]:
    return {one.check: (one.status, one.ids) for one in report.findings}


def _edit(rows: Rows, number: int, *, split: str = "test", **changes: object) -> None:
    rows[split][number] = replace(rows[split][number], **changes)  # type: ignore[arg-type]


def _part(rows: Rows, number: int, part: int, new: object) -> None:
    content = list(rows["test"][number].content)
    content[part] = new  # type: ignore[call-overload]
    _edit(rows, number, content=tuple(content))


def test_a_clean_set_passes_every_check(clean: Rows, open_rows: Open) -> None:
    report = run_checks(open_rows(clean))
    assert _fired(report) == {}
    assert report.ok
    assert {one.check for one in report.results} == {one.key for one in all_checks()}
    unasked = {one.key for one in all_checks() if one.embeds or one.family in ("answers", "time")}
    assert {one.check for one in report.results if one.status == "not_applicable"} - unasked == {"split-sizes"}


def test_a_clean_set_of_questions_passes_every_check(questions: Rows, open_rows: Open) -> None:
    report = run_checks(open_rows(questions))
    assert _fired(report) == {}
    assert next(one.status for one in report.results if one.check == "repeated-text") == "not_applicable"


@pytest.mark.parametrize("seed", range(20))
def test_clean_sets_raise_no_false_alarm(seed: int, picture: Make, open_rows: Open) -> None:
    draw = np.random.default_rng(seed)
    rows: Rows = {"train": [], "test": []}
    for number, split in enumerate(draw.choice(["train", "test"], 24)):
        wave = _sound(draw.normal(0, 0.1, int(draw.integers(2000, 9000))))
        text = f"{' '.join(draw.choice(['größer', 'café', 'été', 'rot', '漢字'], 5))} {number}"
        content = (picture(1000 * seed + number), wave, TextPart(text))
        rows[split].append(Sample(f"{number}", content, target=float(draw.normal()), group=None))
    assert _fired(run_checks(open_rows(rows))) == {}


def _cut(rows: Rows, tmp: Path) -> None:
    data = rows["test"][5].image.data or b""
    _part(rows, 5, 0, media_part(Modality.IMAGE, "image/png", data[: len(data) // 2]))


def _html(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 0, media_part(Modality.IMAGE, "image/png", b"<html>404</html>"))


def _zero_bytes(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 0, media_part(Modality.IMAGE, "image/png", b""))


def _lost_file(rows: Rows, tmp: Path) -> None:
    part = rows["test"][5].image
    _part(rows, 5, 0, replace(part, data=None, path=str(tmp / "gone.png")))


def _changed_file(rows: Rows, tmp: Path) -> None:
    (tmp / "changed.png").write_bytes((rows["test"][6].image.data or b"")[:-1])
    _part(rows, 5, 0, replace(rows["test"][5].image, data=None, path=str(tmp / "changed.png")))


def _misnamed(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 0, replace(rows["test"][5].image, media_type="image/jpeg"))


def _saved(seed: int, kind: str, mode: str = "RGB", **options: object) -> MediaPart:
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind, **options)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", buffer.getvalue())


def _turned(rows: Rows, tmp: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    _part(rows, 5, 0, _saved(5, "JPEG", exif=exif))


def _cmyk(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 0, _saved(5, "JPEG", "CMYK"))


def _animated(rows: Rows, tmp: Path) -> None:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    _part(rows, 5, 0, _saved(5, "GIF", save_all=True, append_images=[Image.fromarray(one) for one in pixels]))


def _sound(wave: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int = 16_000) -> MediaPart:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, format="WAV", subtype="PCM_16")
    return media_part(Modality.AUDIO, "audio/wav", buffer.getvalue(), language="en")


def _sine(
    peak: float = 0.3, seconds: float = 1.0, rate: int = 16_000
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return peak * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def _other_rate(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(_sine(rate=8000), 8000))


def _stereo(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(np.stack([_sine(), _sine(0.1)], axis=1)))


def _clipped(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(np.clip(_sine(1.4), -1, 1)))


def _silent(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(np.zeros(16_000)))


def _offset(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(_sine() + 0.2))


def _short(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 1, _sound(_sine(seconds=0.03)))


def _placeholder(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 2, TextPart("Compare <image 1>, <image 1> and <image 2>.", "en"))


def _no_picture(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, content=rows["test"][5].content[1:])


def _no_caption(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, content=rows["test"][5].content[:3])


def _blank_caption(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 2, TextPart("  ", "en"))


def _one_colour(rows: Rows, tmp: Path) -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), "navy").save(buffer, "PNG")
    _part(rows, 5, 0, media_part(Modality.IMAGE, "image/png", buffer.getvalue()))


def _same_caption_twice(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 3, rows["test"][5].content[2])


def _caption_of_another(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 2, TextPart("caption  NUMBER 1000", "en"))  # that of test-0, written another way


def _picture_and_sound_of_another(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, content=(*rows["test"][0].content[:2], *rows["test"][5].content[2:]))


def _leaked_picture(rows: Rows, tmp: Path) -> None:
    from PIL import Image

    part = rows["train"][3]
    buffer = io.BytesIO()
    Image.open(io.BytesIO(part.image.data or b"")).save(buffer, "BMP")  # other bytes, the same pixels
    copy = media_part(Modality.IMAGE, "image/bmp", buffer.getvalue())
    _edit(rows, 5, content=(copy, part.content[1], *rows["test"][5].content[2:]), group="train-group-1")


def _leaked_caption(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, content=(*rows["test"][5].content[:2], *rows["train"][3].content[2:]))


def _moved_group(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, group="train-group-1")


def _mojibake(rows: Rows, tmp: Path) -> None:
    _part(rows, 5, 3, TextPart("Bildtext im cafÃ©", "de"))


def _id_of_train(rows: Rows, tmp: Path) -> None:
    _edit(rows, 5, id="train-3")


FIVE = ["test-5"]
PLANTS: list[tuple[Callable[[Rows, Path], None], dict[str, tuple[str, list[str]]]]] = [
    (_cut, {"media-decodes": ("fail", FIVE)}),
    (_html, {"media-decodes": ("fail", FIVE)}),
    (_zero_bytes, {"media-present": ("fail", FIVE)}),
    (_lost_file, {"media-present": ("fail", FIVE)}),
    (_changed_file, {"media-present": ("fail", FIVE)}),
    (_misnamed, {"media-type": ("warn", FIVE)}),
    (_turned, {"media-type": ("warn", FIVE)}),
    (_cmyk, {"media-type": ("warn", FIVE)}),
    (_animated, {"media-type": ("warn", FIVE)}),
    (_other_rate, {"audio-format": ("warn", FIVE)}),
    (_stereo, {"audio-format": ("warn", FIVE)}),
    (_clipped, {"audio-signal": ("warn", FIVE)}),
    (_silent, {"audio-signal": ("warn", FIVE)}),
    (_offset, {"audio-signal": ("warn", FIVE)}),
    (_short, {"audio-signal": ("warn", FIVE), "speech-rate": ("warn", FIVE)}),
    (_placeholder, {"media-per-sample": ("fail", FIVE)}),
    (_no_picture, {"media-per-sample": ("warn", FIVE), "modality-drop-out": ("warn", FIVE)}),
    (_no_caption, {"texts-per-picture": ("warn", FIVE)}),
    (_blank_caption, {"text-length": ("warn", FIVE), "texts-per-picture": ("warn", FIVE)}),
    (_one_colour, {"modality-drop-out": ("warn", FIVE)}),
    (_same_caption_twice, {"text-length": ("warn", FIVE)}),
    (_caption_of_another, {"repeated-text": ("warn", ["test-0", "test-5"])}),
    (_picture_and_sound_of_another, {"conflicting-duplicates": ("fail", ["test-0", "test-5"])}),
    (_leaked_picture, {"cross-split-leakage": ("fail", FIVE), "group-across-splits": ("warn", FIVE)}),
    (_leaked_caption, {"cross-split-leakage": ("warn", FIVE), "repeated-text": ("warn", ["train-3", "test-5"])}),
    (_moved_group, {"group-across-splits": ("warn", FIVE)}),
    (_mojibake, {"text-encoding": ("warn", FIVE)}),
    (_id_of_train, {"ids-unique": ("fail", ["train-3", "train-3"])}),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "expected"), PLANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_fault_is_named(
    clean: Rows,
    open_rows: Open,
    tmp_path: Path,
    plant: Callable[[Rows, Path], None],
    expected: dict[str, tuple[str, list[str]]],
) -> None:
    plant(clean, tmp_path)
    report = run_checks(open_rows(clean))
    assert _fired(report) == expected
    assert report.ok == all(status == "warn" for status, _ in expected.values())


def test_equal_questions_on_equal_pictures_with_another_answer_conflict(questions: Rows, open_rows: Open) -> None:
    copied = questions["test"][30]
    questions["test"].append(replace(copied, id="copy", target="another"))
    report = run_checks(open_rows(questions))
    assert _fired(report) == {
        "conflicting-duplicates": ("fail", ["test-30", "copy"]),
        "texts-per-picture": ("warn", ["test-30"]),  # it has a fourth question now
    }


def test_a_lost_question_of_a_picture_is_named_by_its_siblings(questions: Rows, open_rows: Open) -> None:
    del questions["test"][32]
    assert _fired(run_checks(open_rows(questions))) == {"texts-per-picture": ("warn", ["test-30"])}


def test_a_whole_sample_in_two_splits_is_leakage(questions: Rows, open_rows: Open) -> None:
    questions["test"].extend(replace(one, id=f"{one.id}-again") for one in questions["train"][:3])
    report = run_checks(open_rows(questions))
    again = [f"train-{i}-again" for i in range(3)]
    assert _fired(report) == {"cross-split-leakage": ("fail", again), "group-across-splits": ("warn", again)}


def test_a_split_of_another_size_than_the_card_says_fails(
    clean: Rows, make_card: Callable[..., object], cache: Path
) -> None:
    splits = open_splits(make_card(clean), ["train", "test"])  # type: ignore[arg-type]
    facts = splits["test"].card.splits["test"].model_copy(update={"count": TEST + 1})
    card = splits["test"].card.model_copy(update={"splits": {**splits["test"].card.splits, "test": facts}})
    for one in splits.values():
        one.card = card
    report = run_checks(splits)
    assert _fired(report) == {"split-sizes": ("fail", [])}
    assert "test has 40 samples where the card says 41" in report.findings[0].message
    assert _fired(run_checks(splits, partial=True)) == {}


def test_features_of_zeros_drop_out(open_rows: Open) -> None:
    values = np.random.default_rng(0).normal(size=(30, 5, 4)).astype(np.float32)
    values[7] = 0
    rows = [Sample(f"{i}", (FeaturesPart("v", one), TextPart(f"words {i}"))) for i, one in enumerate(values)]
    assert _fired(run_checks(open_rows({"all": rows}))) == {"modality-drop-out": ("warn", ["7"])}


def test_each_distinct_file_is_decoded_once_and_let_go(
    questions: Rows, open_rows: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mmbench.loaders.checks as checks
    from mmbench.loaders.checks.decoding import Medium, decode

    seen: list[str] = []

    def counted(part: MediaPart, sample_id: str) -> Medium:
        seen.append(part.sha256)
        return decode(part, sample_id)

    monkeypatch.setattr(checks, "decode", counted)
    run_checks(open_rows(questions))
    assert len(seen) == len(set(seen)) == 50


def test_cut_pictures_that_pillow_was_told_to_accept_make_the_check_inconclusive(
    clean: Rows, open_rows: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    report = run_checks(open_rows(clean))
    assert _fired(report) == {"media-decodes": ("inconclusive", [])}
    assert report.ok


def test_a_report_names_at_most_fifty_items_and_counts_all(open_rows: Open) -> None:
    rows = [Sample(f"{i}", (TextPart(f"words {i}" if i >= 60 else " "),)) for i in range(200)]
    result = next(one for one in run_checks(open_rows({"all": rows})).results if one.check == "text-length")
    assert (result.n_bad, result.n_checked, len(result.items)) == (60, 200, 50)
