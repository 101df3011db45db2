"""The doctor on a model that keeps its contract, and on models that break it in one way each."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
from mmbench.cli import main
from mmbench.diagnosis import DoctorReport, doctor
from mmbench.errors import UserError
from mmbench.media import decode_audio, decode_image
from mmbench.models import ModelCard, load_model, wrap_model
from mmbench.samples import MediaPart, Modality, Request, Response, Sample, TextPart

WIDTH = 24


def card(*modalities: Modality, **facts: Any) -> ModelCard:
    known = {"parameters": 0, "licence": "CC0-1.0", "languages": ("en",), "training_datasets": ()}
    return ModelCard("mine", "1", frozenset(modalities), **{**known, **facts})


def vector(part: Any, key: str) -> Any:
    """A histogram of what is there."""
    if isinstance(part, TextPart):
        values = np.frombuffer(part.text.encode() + b"\1", dtype=np.uint8).astype(float)
    elif part.modality is Modality.IMAGE:
        values = np.asarray(decode_image(part, key), dtype=float).ravel()
    else:
        values = (decode_audio(part, key)[0].ravel() + 1) * 128
    return np.histogram(values, bins=WIDTH, range=(0, 256))[0] / len(values)


class Good:
    card = card(Modality.IMAGE, Modality.TEXT, Modality.AUDIO)

    def embed(self, samples: Sequence[Sample], *, modalities: Any, role: Any = None, instruction: Any = None) -> Any:
        (modality,) = modalities
        return np.asarray([self.row(sample.parts(modality)[0], sample) for sample in samples], dtype=np.float32)

    def row(self, part: Any, sample: Sample) -> Any:
        return vector(part, sample.id)


class Pictures(Good):
    card = card(Modality.IMAGE)


def found(report: DoctorReport, check: str, status: str) -> str:
    """What the findings of one check and status say, with their next steps."""
    return " | ".join(
        f"{one.on}: {one.seen} → {one.next}" for one in report.findings if (one.check, one.status) == (check, status)
    )


def failed(report: DoctorReport) -> set[str]:
    return {one.check for one in report.findings if one.status == "fail"}


def test_a_model_that_keeps_its_contract_passes_everything() -> None:
    report = doctor(Good(), progress=False)
    assert report.ok
    assert report.counts == {"pass": 32, "warn": 0, "fail": 0, "skip": 0}
    assert report.capabilities == ("embed",)
    assert "32 x 24, all finite" in found(report, "finite", "pass")
    assert "alone against batches of 2, 7, 32: no difference" in found(report, "batches", "pass")
    assert "embed audio: a sound of 0.1 s, a second of silence" in found(report, "unusual", "pass")
    assert list(report.to_pandas().columns) == ["check", "on", "status", "seen", "next"]
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True


class Sorted(Pictures):
    """Returns rows in the order of the ids."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(sorted(samples, key=lambda sample: sample.id), **how)


class SortsInPlace(Pictures):
    def embed(self, samples: Any, **how: Any) -> Any:
        before = list(samples)
        samples.sort(key=lambda sample: sample.id)
        return super().embed(before, **how)


class Renames(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        for sample in samples:
            object.__setattr__(sample, "group", "seen")
        return rows


class Noise(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) + np.random.default_rng().normal(size=WIDTH)


class Jitter(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) * (1 + 1e-6 * np.random.default_rng().uniform())


class BatchNorm(Pictures):
    """Standardizes by the batch, as batch norm does in training mode."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        return ((rows - rows.mean(0)) / (rows.std(0) + 1e-5)).astype(np.float32)


class HalfPrecision(Pictures):
    """Rounds by a grid that depends on the size of the batch."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(samples, **how) * np.float32(1 + 1e-3 * (len(samples) % 3))


class Overflow(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        return super().row(part, sample) * (np.nan if sample.id == "toy-05" else 1)


class Wide(Pictures):
    """A width that depends on the batch."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        rows = super().embed(samples, **how)
        return rows[:, : WIDTH - len(samples) % 2]


class Integers(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return (super().embed(samples, **how) * 100).astype(int)


class OneRow(Pictures):
    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return super().embed(samples[:1], **how)[0]


class Swallows(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        try:
            return super().row(part, sample)
        except Exception:  # noqa: BLE001
            return np.ones(WIDTH)


class Crashes(Pictures):
    def row(self, part: Any, sample: Sample) -> Any:
        from PIL import Image

        return np.asarray(
            Image.open(__import__("io").BytesIO(part.data)).convert("RGB").resize((4, 2)), dtype=float
        ).ravel()


class Blind(Good):
    """Claims pictures and looks at none."""

    card = card(Modality.IMAGE, Modality.TEXT)

    def row(self, part: Any, sample: Sample) -> Any:
        if isinstance(part, MediaPart):
            decode_image(part, sample.id)
            return np.ones(WIDTH)
        return super().row(part, sample)


class Deaf(Good):
    """Claims sounds and cannot take them."""

    def row(self, part: Any, sample: Sample) -> Any:
        return (
            vector(part, sample.id)
            if isinstance(part, TextPart)
            else np.asarray(decode_image(part, sample.id)).mean((0, 1)).repeat(8)
        )


class ShortContext(Good):
    card = card(Modality.TEXT)

    def row(self, part: Any, sample: Sample) -> Any:
        if not 0 < len(part.text) < 1000:
            raise IndexError("position 1000 is out of range")
        return super().row(part, sample)


class Stateful(Pictures):
    """Counts its calls and gives up."""

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        self.calls += 1
        if self.calls == 3:
            raise RuntimeError("out of tricks")
        return super().embed(samples, **how)


@pytest.mark.parametrize(
    ("faulty", "check", "said"),
    [
        (Sorted, "order", "another order of items gives the same order of answers → return row i for item i"),
        (SortsInPlace, "untouched", "reordered, removed or replaced items of the list .* → work on a copy"),
        (Renames, "untouched", "it changed samples → samples are shared between models"),
        (Noise, "deterministic", r"vectors differ by up to .* of their length → switch dropout off"),
        (
            BatchNorm,
            "batches",
            r"relative [\d.e+-]+; \d+ nearest neighbours would change → a score would depend on --batch-size",
        ),
        (Overflow, "finite", "1 of 32 items got NaN or infinity"),
        (Wide, "batches", "in batches of 1 vectors have another width → return vectors of one width"),
        (Integers, "works", r"returned int64 of shape \(32, 24\) for 32 items, not floats \(32, d\)"),
        (OneRow, "works", r"returned float32 of shape \(24,\) for 32 items"),
        (
            Swallows,
            "broken media",
            "image cut off in the middle: was answered like any other → decode with mmbench.media",
        ),
        (Crashes, "broken media", "is no MediaError with its id: it raised"),
        (Blind, "looks at it", "8 items that differ in image only got the same answer → does it read the image"),
        (
            Deaf,
            "works",
            "embed audio: it raised MediaError: .* → mend it, or leave that kind of content out of card.modalities",
        ),
        (
            ShortContext,
            "unusual",
            "an empty text: it raised IndexError: position 1000 is out of range; a very long text: it raised",
        ),
        (Stateful, "deterministic", "the second time it raised RuntimeError: out of tricks"),
    ],
)
def test_a_planted_fault_is_found_and_named(faulty: Callable[[], Any], check: str, said: str) -> None:
    import re

    report = doctor(faulty(), progress=False)
    assert not report.ok
    assert failed(report) == {check}, [one for one in report.findings if one.status == "fail"]
    assert re.search(said, found(report, check, "fail"))


def test_what_is_common_and_small_is_a_warning() -> None:
    jitter, half = doctor(Jitter(), progress=False), doctor(HalfPrecision(), progress=False)
    assert jitter.ok
    assert half.ok
    assert found(jitter, "deterministic", "warn")
    assert found(jitter, "batches", "skip").startswith("embed image: it gives other answers each time")
    assert "common in half precision" in found(half, "batches", "warn")


def test_one_sample_that_is_refused_is_an_error_of_that_sample() -> None:
    from mmbench.samples import MediaError

    class Picky(Good):
        card = card(Modality.TEXT)

        def row(self, part: Any, sample: Sample) -> Any:
            if not part.text:
                raise MediaError(sample.id, "an empty text")
            return super().row(part, sample)

    report = doctor(Picky(), progress=False)
    assert report.ok
    assert "an empty text: counted as an error of the sample" in found(report, "unusual", "warn")


def test_what_a_card_does_not_claim_is_tried_too() -> None:
    class Modest(Good):
        card = card(Modality.TEXT)

    class Shy(Modest):
        def row(self, part: Any, sample: Sample) -> Any:
            if not isinstance(part, TextPart):
                raise ValueError("text only")
            return super().row(part, sample)

    assert "embed image: it answers, unclaimed by the card → claim it" in found(
        doctor(Modest(), progress=False), "claims", "warn"
    )
    assert "not claimed, and it raised ValueError: text only" in found(doctor(Shy(), progress=False), "claims", "pass")


def test_a_model_without_a_card_is_told_to_have_one() -> None:
    def embed(samples: Sequence[Sample], *, modalities: Any, **_: Any) -> Any:
        return np.asarray([vector(sample.image, sample.id) for sample in samples])

    report = doctor(mmbench.as_model(embed=embed, name="x"), progress=False)
    assert report.ok
    assert "embed text: it raised ValueError: sample 'toy-00' has 0 image parts" in found(report, "works", "warn")
    assert "say in a card what it takes" in found(report, "works", "warn")
    assert "unknown: parameters, licence, languages, training_datasets" in found(report, "facts", "warn")


class Speaks:
    card = card(Modality.IMAGE, Modality.TEXT)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [self.answer(request) for request in requests]

    def answer(self, request: Request) -> Response:
        words = [f"{len(request.text)}"]
        for part in request.messages[-1].content:
            if isinstance(part, MediaPart):
                words += [str(one) for one in vector(part, request.sample_id).round(2)]
        text = " ".join([*words, "and", "so", "on"][: request.max_new_tokens])
        for stop in request.stop:
            text = text.partition(stop)[0]
        return Response(request.sample_id, text, "length")


class Talks(Speaks):
    """Knows no bounds."""

    def answer(self, request: Request) -> Response:
        return super().answer(replace(request, max_new_tokens=50, stop=()))


class Rambles(Speaks):
    def generate(self, requests: Sequence[Request]) -> list[Response]:
        return [Response("toy-00", one.text) for one in super().generate(requests)]


class Texts(Speaks):
    def generate(self, requests: Sequence[Request]) -> Any:
        return [one.text for one in super().generate(requests)]


def test_answers_are_held_to_their_length_their_end_and_their_ids() -> None:
    good = doctor(Speaks(), progress=False)
    assert good.ok
    assert found(good, "length", "pass")
    assert found(good, "stop", "pass")
    assert found(good, "broken media", "pass")
    talks = doctor(Talks(), progress=False)
    assert "pass request.max_new_tokens on" in found(talks, "length", "warn")
    assert "it goes on after the stop string" in found(talks, "stop", "warn")
    assert "with other sample_ids" in found(doctor(Rambles(), progress=False), "works", "fail")
    assert "returned a list, not a list of mmbench.models.Response" in found(
        doctor(Texts(), progress=False), "works", "fail"
    )


def test_numbers_and_pairs_are_examined_too() -> None:
    class Numbers:
        card = card(Modality.TEXT)

        def predict(self, samples: Sequence[Sample]) -> Any:
            return np.asarray([[float(len(sample.text))] for sample in samples])

    class Pairs:
        card = card(Modality.IMAGE, Modality.TEXT)

        def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> Any:
            return np.asarray(
                [vector(a.image, a.id) @ vector(b.content[0], b.id) for a, b in zip(left, right, strict=True)]
            )

    assert doctor(Numbers(), progress=False).ok
    pairs = doctor(Pairs(), progress=False)
    assert pairs.ok, [one for one in pairs.findings if one.status == "fail"]
    assert "score_pairs image + text" in found(pairs, "order", "pass")


@pytest.mark.parametrize("name", ["constant", "oracle"])
def test_the_floors_and_the_ceiling_are_in_good_health(name: str) -> None:
    report = doctor(name, progress=False)
    assert report.ok, [one for one in report.findings if one.status == "fail"]


def test_a_model_that_fits_is_fitted_on_toy_rows() -> None:
    class Fits(Good):
        card = card(Modality.TEXT, Modality.IMAGE)
        mean: Any = None

        def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
            assert all(
                sample.modalities == {Modality.TEXT, Modality.IMAGE} and sample.target is None for sample in train
            )
            self.mean = np.mean([vector(sample.image, sample.id) for sample in train], axis=0)

        def row(self, part: Any, sample: Sample) -> Any:
            return super().row(part, sample) - self.mean

    assert doctor(Fits(), progress=False).ok

    class Refuses(Good):
        card = card(Modality.TEXT)

        def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
            raise ValueError("needs ten thousand rows")

    report = doctor(Refuses(), progress=False)
    assert "it raised ValueError: needs ten thousand rows" in found(report, "fit", "warn")


def test_only_what_mmbench_can_ask_is_examined() -> None:
    with pytest.raises(UserError, match="made an object with none of embed"):
        doctor(object())
    features = wrap_model(type("Features", (Good,), {"card": card(Modality.FEATURES)})())
    assert found(doctor(features, progress=False), "claims", "skip")
    assert load_model("random").card.kind == "floor"


def test_the_command_prints_the_next_step_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["mmbench", "doctor", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    code, out = run(f"{__name__}:Sorted")
    assert code == 1
    assert "→ return row i for item i, from item i alone" in out
    assert "1 fail" in out
    code, out = run(f"{__name__}:Pictures", "--json")
    assert (code, json.loads(out)["counts"]["fail"]) == (0, 0)
