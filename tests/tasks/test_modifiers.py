"""Task modifiers: what they do to the scored samples, by severity, and that nothing else changes."""

import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders.dataset import PairedDataset
from mmbench.media import decode_audio, decode_image
from mmbench.runs.identity import identity
from mmbench.samples import MediaError, MediaPart, Modality, Sample, TextPart, media_part
from mmbench.tasks import get_task
from mmbench.tasks.base import Task
from mmbench.tasks.modifiers import all_modifiers, modified
from tests.fakes import question_task, retrieval_task

Open = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
SENTENCE = "The quick brown fox jumps over the lazy dog, and Überraschung, мы это видим."


@pytest.fixture
def splits(picture: Make, tone: Make, open_rows: Open) -> dict[str, PairedDataset]:
    def rows(split: str) -> list[Sample]:
        return [
            Sample(
                f"{split}{n}",
                (picture(n), tone(200 + 40 * n), TextPart(f"{SENTENCE} {n}", "en")),
                target="red",
                group=f"g{n}",
            )
            for n in range(6)
        ]

    return open_rows({"train": rows("train"), "validation": rows("validation"), "test": rows("test")})


def _changed(splits: dict[str, PairedDataset], name: str, task: Task | None = None) -> PairedDataset:
    found = modified(task or question_task(), [name])
    return found.split_for(splits.__getitem__, None, 0)


def _pixels(sample: Sample) -> np.ndarray[Any, Any]:
    return np.asarray(decode_image(sample.image, sample.id), dtype=np.float64)


@pytest.mark.parametrize("key", ["blur", "noise", "jpeg", "occlusion"])
def test_pictures_get_worse_with_severity(key: str, open_rows: Open) -> None:
    import io

    from PIL import Image

    draw = np.random.default_rng(0)
    small = draw.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((320, 240), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    splits = open_rows(
        {
            "test": [
                Sample(
                    "a", (media_part(Modality.IMAGE, "image/png", buffer.getvalue()), TextPart("?", "en")), target="x"
                )
            ]
        }
    )
    clean = _pixels(splits["test"][0])
    errors = [float(np.mean((_pixels(_changed(splits, f"{key}{n}")[0]) - clean) ** 2)) for n in range(1, 6)]
    assert errors[0] > 0
    assert sorted(errors) == errors
    assert _pixels(_changed(splits, f"{key}1")[0]).shape == clean.shape


def test_noise_has_the_strength_that_it_says_and_covers_what_it_says(open_rows: Open) -> None:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (224, 224), (128, 128, 128)).save(buffer, "PNG")
    part = media_part(Modality.IMAGE, "image/png", buffer.getvalue())
    splits = open_rows({"test": [Sample("a", (part, TextPart("?", "en")), target="x")]})
    noisy = _pixels(_changed(splits, "noise1")[0])
    assert float(noisy.std()) == pytest.approx(0.08 * 255, rel=0.02)
    covered = _pixels(_changed(splits, "occlusion3")[0])
    assert float((covered != 128).any(axis=2).mean()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("name", "decibels"), [("snr1", 20.0), ("snr3", 10.0), ("snr5", 0.0)])
def test_noise_has_the_ratio_that_it_says(splits: dict[str, PairedDataset], name: str, decibels: float) -> None:
    task = _spoken()
    clean, rate = decode_audio(splits["test"][0].audio, "a")
    noisy, same = decode_audio(_changed(splits, name, task)[0].audio, "a")
    assert (rate, clean.shape) == (same, noisy.shape)
    ratio = 10 * np.log10(np.mean(clean.astype(float) ** 2) / np.mean((noisy - clean).astype(float) ** 2))
    assert float(ratio) == pytest.approx(decibels, abs=0.05)


def test_clipping_cuts_the_share_that_it_says(splits: dict[str, PairedDataset]) -> None:
    clean, _ = decode_audio(splits["test"][0].audio, "a")
    cut, _ = decode_audio(_changed(splits, "clipping4", _spoken())[0].audio, "a")
    assert float((np.abs(cut) >= np.abs(cut).max() * (1 - 1e-5)).mean()) == pytest.approx(0.25, abs=0.02)
    assert np.abs(cut).max() == pytest.approx(np.abs(clean).max(), rel=1e-4)


def test_typing_errors_by_severity(splits: dict[str, PairedDataset]) -> None:
    from rapidfuzz.distance import Levenshtein

    texts = [_changed(splits, f"typos{n}")[0].text for n in range(1, 6)]
    clean = splits["test"][0].text
    distances = [Levenshtein.distance(clean, text) for text in texts]
    assert distances[0] >= 1
    assert sorted(distances) == distances
    assert distances[-1] >= 5
    letters = sum(letter.isalpha() for letter in clean)
    assert distances[2] <= 2 * round(0.1 * letters)  # a swap counts two
    assert _changed(splits, "typos5")[0].parts(Modality.TEXT)[0].language == "en"


def test_equal_content_is_changed_alike_and_different_content_differently(splits: dict[str, PairedDataset]) -> None:
    one, again = _changed(splits, "noise2"), _changed(splits, "noise2", retrieval_task())
    assert [sample.image.sha256 for sample in one] == [sample.image.sha256 for sample in again]
    noise = [_pixels(one[n]) - _pixels(splits["test"][n]) for n in (0, 1)]
    assert not np.array_equal(noise[0], noise[1])


def test_training_samples_ids_groups_and_galleries_stay(splits: dict[str, PairedDataset]) -> None:
    plain, harder = retrieval_task(), modified(retrieval_task(), ["jpeg5", "typos5"])
    before, after = plain.plan(splits.__getitem__), harder.plan(splits.__getitem__)
    assert [stage.ids for stage in before.stages] == [stage.ids for stage in after.stages]
    assert (before.n, before.floors, before.notes) == (after.n, after.floors, after.notes)
    pairs = list(zip(before.phases[0].training()[0], after.phases[0].training()[0], strict=True))
    assert pairs
    assert all(left.fingerprint == right.fingerprint for left, right in pairs)
    items: list[Any] = list(after.stages[1].items)
    assert all(item.image.media_type == "image/jpeg" for item in items)
    limited = harder.plan(splits.__getitem__, limit=2)
    chosen: list[Any] = list(limited.stages[1].items)
    assert {item.image.sha256 for item in chosen} <= {item.image.sha256 for item in items}


def test_a_broken_picture_is_the_same_error(open_rows: Open) -> None:
    broken = media_part(Modality.IMAGE, "image/png", b"<html>")
    splits = open_rows({"test": [Sample("a", (broken, TextPart("?", "en")), target="x")]})
    sample = _changed(splits, "blur3")[0]
    with pytest.raises(MediaError, match="no known picture format"):
        decode_image(sample.image, sample.id)


def test_blind_takes_the_picture_and_asks_models_that_take_none(splits: dict[str, PairedDataset]) -> None:
    task = modified(question_task(), ["blind"])
    requests: list[Any] = list(task.plan(splits.__getitem__).stages[0].items)
    parts = [part.modality for part in requests[0].messages[-1].content]
    assert parts == [Modality.TEXT]
    assert requests[0].text == f"{SENTENCE} 0"
    assert task.takes("generate") == {Modality.TEXT}
    assert task.modalities == {Modality.TEXT, Modality.IMAGE}


def test_shuffled_gives_everybody_another_picture(splits: dict[str, PairedDataset]) -> None:
    clean, wrong = splits["test"], _changed(splits, "shuffled")
    own = [sample.image.sha256 for sample in clean]
    given = [sample.image.sha256 for sample in wrong]
    assert all(left != right for left, right in zip(own, given, strict=True))
    assert set(given) == set(own)
    assert [sample.text for sample in wrong] == [sample.text for sample in clean]
    part = modified(question_task(), ["shuffled"]).split_for(splits.__getitem__, 2, 0)
    assert {sample.id: sample.image.sha256 for sample in part}.items() <= dict(
        zip(clean.ids, given, strict=True)
    ).items()


def test_identity_and_names() -> None:
    task = get_task("easy-vqa.open+blind+typos2")
    assert (task.id, task.title) == (
        "easy-vqa.open+blind+typos2",
        "easy-VQA, open answers (without its picture, typing errors, severity 2)",
    )
    data = {"key": "k", "split": "s", "revision": "r", "fingerprint": "f"}
    facts = [identity({}, one, data, batch_size=1, seed=0, limit=None) for one in (task, get_task("easy-vqa.open"))]
    assert facts[0]["modifiers"] == [["blind", 1], ["typos2", 1]]
    assert "modifiers" not in facts[1]
    assert facts[0]["task"] == task.id


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("easy-vqa.open+jpeg9", r"jpeg goes from \+jpeg1 to \+jpeg5"),
        ("easy-vqa.open+jpeg", r"jpeg goes from"),
        ("easy-vqa.open+blind2", "blind has no severities"),
        ("easy-vqa.open+snr1", "it scores no audio that can change"),
        ("cifar10.zero-shot+typos1", "no text that can change"),
        ("esc50.probe+snr1", "no audio that can change"),
        ("openmoji.t2i+blind", "retrieval is none of question-answering"),
        ("easy-vqa.open+melt3", "no task modifier 'melt3': there are blind, blur1-5"),
        ("easy-vqa.opne+jpeg1", "did you mean easy-vqa.open"),
        ("easy-vqa.open+blind+drop-text", "nothing would be left"),
    ],
)
def test_mistakes_are_one_sentence(key: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        get_task(key)


def test_a_modified_task_travels_to_another_process(splits: dict[str, PairedDataset]) -> None:
    task = modified(question_task(), ["noise2", "shuffled"])
    sent: Task = pickle.loads(pickle.dumps(task))  # noqa: S301
    assert (sent.id, [one.name for one in sent.changes]) == (task.id, ["noise2", "shuffled"])
    pictures = [[sample.image.sha256 for sample in one.split_for(splits.__getitem__, None, 0)] for one in (task, sent)]
    assert pictures[0] == pictures[1]


def test_every_modifier_says_what_it_does() -> None:
    found = all_modifiers()
    assert len({one.key for one in found}) == len(found) >= 11
    assert all(
        one.about.endswith(".") and one.source and (not one.strengths or (len(one.strengths) == 5 and one.unit))
        for one in found
    )


def _spoken() -> Task:
    from dataclasses import replace

    return replace(question_task(), context=frozenset({Modality.AUDIO}))
