"""The doctor on a model that keeps its contract, and on models that break it in one way each."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
from mmbench.cli import main
from mmbench.diagnosis import DoctorReport, doctor
from mmbench.errors import UserError
from mmbench.models import load_model, wrap_model
from mmbench.samples import Modality, Sample, TextPart
from tests.diagnosis.models import (
    WIDTH,
    BatchNorm,
    Blind,
    Crashes,
    Deaf,
    Good,
    HalfPrecision,
    Integers,
    Jitter,
    Noise,
    OneRow,
    Overflow,
    Pictures,
    Rambles,
    Renames,
    ShortContext,
    Sorted,
    SortsInPlace,
    Speaks,
    Stateful,
    Swallows,
    Talks,
    Texts,
    Wide,
    card,
    vector,
)


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


def test_batch_norm_in_training_mode_is_found_and_in_evaluation_it_is_fine() -> None:
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm1d(WIDTH)

    class Normed(Pictures):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            return layer(torch.as_tensor(super().embed(samples, **how))).detach().numpy()

    report = doctor(Normed(), progress=False)
    assert failed(report) == {"batches"}
    assert "in batches of 1 it raised ValueError: Expected more than 1 value per channel" in found(
        report, "batches", "fail"
    )
    layer.eval()
    assert doctor(Normed(), progress=False).ok


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

    code, out = run("tests.diagnosis.models:Sorted")
    assert code == 1
    assert "→ return row i for item i, from item i alone" in out
    assert "1 fail" in out
    code, out = run("tests.diagnosis.models:Pictures", "--json")
    assert (code, json.loads(out)["counts"]["fail"]) == (0, 0)
