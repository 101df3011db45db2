"""A second round with a judge, and requests asked several times: what is asked, stored, counted and resumed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
from mmbench.engines.evaluation import evaluate_one
from mmbench.engines.planning import Options
from mmbench.errors import RunFailedError, UserError
from mmbench.models import LoadedModel, as_model
from mmbench.models.base import ModelCard
from mmbench.runs.records import Run
from mmbench.samples import Modality, Request, Response
from mmbench.tasks.extractors.final_answer import FINAL_ANSWER
from mmbench.tasks.judges.extraction import VALUE
from mmbench.tasks.judges.verdict import VERDICT
from mmbench.tasks.judging import Question
from mmbench.tasks.kinds.generation import GenerationTask
from mmbench.tasks.repeats import Decoding
from tests.fakes import COLOURS, SIZE, card, question_task, register

TASK = replace(question_task(), id="fake.judged", judge=VALUE, extractor=FINAL_ANSWER)
PROSE = "<think>The picture is {}, I"  # cut off before it answered


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, card())


class Writes:
    """Right for every sample; every fourth answer is prose that rules cannot read."""

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        found = []
        for request in requests:
            number = int(request.sample_id.partition("@")[0].removeprefix("test-"))
            colour = COLOURS[number % 4]
            found.append(Response(request.sample_id, PROSE.format(colour) if number % 4 == 0 else colour))
        return found


class Judges:
    """Takes the colour out of the prose; fails on one sample and says nothing of another."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.asked: list[str] = []
        self._stop_after = stop_after

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        found = []
        for request in requests:
            if self._stop_after is not None and len(self.asked) >= self._stop_after:
                raise KeyboardInterrupt
            self.asked.append(request.sample_id)
            said = next(colour for colour in COLOURS if f"is {colour}" in request.text)
            failed = request.sample_id == "test-4"
            text = "none" if request.sample_id == "test-8" else f"Final answer: {said}"
            found.append(Response(request.sample_id, "" if failed else text, error="server gone" if failed else None))
        return found


def named(model: object, name: str = "writes", revision: str = "1") -> LoadedModel:
    both = frozenset({Modality.IMAGE, Modality.TEXT})
    return LoadedModel(model, ModelCard(name, revision, both), None, {}, revision)


def run(folder: Path, judge: object | None, task: GenerationTask = TASK, **changes: Any) -> Run:
    judged = None if judge is None else named(judge, "judge", changes.pop("judge_revision", "1"))
    options = Options(folder, batch_size=4, progress=False, judge=judged)
    return evaluate_one(named(Writes()), task, replace(options, **changes))


def test_a_judge_is_asked_about_what_rules_cannot_read_and_its_failures_are_never_right(tmp_path: Path) -> None:
    judge = Judges()
    found = run(tmp_path, judge)
    unread = [f"test-{number}" for number in range(0, SIZE, 4)]
    assert judge.asked == unread
    assert found.primary.value == pytest.approx((SIZE - 2) / SIZE)
    assert found.report["notes"] == {
        "answers_judged": len(unread),
        "judge_failures": 1,
        "judge_without_verdict": 1,
        "unread_answers": 2,
    }
    assert found.report["n_errors"] == 0  # the model answered; that the judge did not is another thing
    table = found.samples.set_index("id")
    assert table.loc["test-0", "answer"] == PROSE.format("red")  # the text stays
    assert table.loc["test-0", "read"] == "red"
    assert (found.folder / "outputs" / "judge" / "responses.parquet").exists()
    assert run(tmp_path, judge).folder == found.folder
    assert judge.asked == unread  # a finished run is not judged again


def test_who_judges_is_part_of_a_run(tmp_path: Path) -> None:
    first, second = run(tmp_path, Judges()), run(tmp_path, Judges(), judge_revision="2")
    assert first.folder != second.folder
    identity = json.loads((first.folder / "run.json").read_text())["identity"]
    assert identity["judge"] == {"name": "judge", "spec": None, "config": {}, "revision": "1"}
    assert identity["protocol"]["judge"] == {"prompt": "take-answer@1", "asked_about": "unread answers"}


def test_a_broken_off_judge_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Judges(stop_after=4))
    judge = Judges()
    found = run(tmp_path, judge)
    assert len(judge.asked) == SIZE // 4 - 4
    assert (found.folder / "scores.json").read_bytes() == (
        run(tmp_path / "whole", Judges()).folder / "scores.json"
    ).read_bytes()


def test_a_task_with_a_judge_is_refused_without_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"fake\.judged needs a judge: name a model that writes with --judge"):
        run(tmp_path, None)
    deaf = as_model(embed=lambda samples, **how: np.ones((len(samples), 2)), name="embeds", revision="1")
    with pytest.raises(UserError, match="embeds cannot judge"):
        mmbench.evaluate(named(Writes()), TASK, output_dir=tmp_path, judge=deaf, progress=False)


def test_a_task_without_a_judge_is_the_same_run_with_and_without_one(tmp_path: Path) -> None:
    assert run(tmp_path, Judges(), question_task()).folder == run(tmp_path, None, question_task()).folder


@pytest.mark.parametrize(
    ("reply", "found"),
    [("Correct.", "yes"), ("incorrect", "no"), ("unclear", None), ("I think it is correct", None), ("", None)],
)
def test_a_verdict_is_one_word(reply: str, found: str | None) -> None:
    question = Question("Is it?", ("yes", "no"), ("yes",), {"gt_answer_details": "It is, since 1990."}, "Surely!")
    assert "It is, since 1990." in VERDICT.ask(question)
    assert VERDICT.resolve(reply, question) == found


@pytest.mark.parametrize(("reply", "found"), [("B", "B"), ("'B'", "B"), ("None.", None), ("<think>B</think>", None)])
def test_a_taken_answer_is_one_or_nothing(reply: str, found: str | None) -> None:
    question = Question("Which?\nA. x\nB. y", ("A", "B"), ("B",), {}, "the second")
    assert "the letter of one option (A, B)" in VALUE.ask(question)
    assert VALUE.resolve(reply, question) == found


class Wavers:
    """Right for even seeds only, and where the number of the sample is divisible by four always."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        self.seen += requests
        found = []
        for request in requests:
            number = int(request.sample_id.partition("@")[0].removeprefix("test-"))
            right = COLOURS[number % 4]
            found.append(Response(request.sample_id, right if request.seed % 2 == 0 or number % 4 == 0 else "none"))
        return found


def test_repeats_are_asked_with_other_seeds_and_say_how_much_answers_waver(tmp_path: Path) -> None:
    model = Wavers()
    options = Options(
        tmp_path, batch_size=16, progress=False, decoding=Decoding(repeats=4, temperature=0.7, max_new_tokens=5)
    )
    found = evaluate_one(named(model), question_task(), options)
    assert {(one.seed, one.temperature, one.max_new_tokens) for one in model.seen} == {
        (seed, 0.7, 5) for seed in range(4)
    }
    assert [one.sample_id for one in model.seen[SIZE : SIZE + 2]] == ["test-0@2", "test-1@2"]
    assert found.primary.value == pytest.approx(0.25 + 0.75 / 2)
    assert (found.primary.n, found.report["n"], len(found.samples)) == (SIZE, SIZE, 4 * SIZE)
    spread = found.report["repeats"]["keys"]["accuracy"]
    assert spread["values"] == [1.0, 0.25, 1.0, 0.25]
    assert spread["within"] == pytest.approx(0.75 * (4 / 3) * 0.25)  # of 30 of 40 samples, answers 1, 0, 1, 0
    assert spread["answer_error"] == pytest.approx(np.sqrt(spread["within"] / (4 * SIZE)))
    assert spread["sd"] == pytest.approx(np.std([1, 0.25, 1, 0.25], ddof=1))
    assert spread["sampling_error"] > 0
    identity = json.loads((found.folder / "run.json").read_text())["identity"]
    assert identity["decoding"] == {"repeats": 4, "temperature": 0.7, "max_new_tokens": 5}


def test_repeats_of_a_judged_task_are_judged_one_by_one(tmp_path: Path) -> None:
    judge = Judges()
    found = run(tmp_path, judge, decoding=Decoding(repeats=2))
    once = [f"test-{number}" for number in range(0, SIZE, 4)]
    assert judge.asked == once + [f"{key}@2" for key in once]
    assert found.report["notes"]["answers_judged"] == 2 * len(once)
    assert found.primary.value == pytest.approx((2 * SIZE - 2) / (2 * SIZE))  # "test-4@2" and "test-8@2" are judged


def test_what_is_not_written_is_not_repeated(tmp_path: Path) -> None:
    from tests.fakes import Pixels, retrieval_task

    options = Options(tmp_path, progress=False, decoding=Decoding(repeats=2))
    with pytest.raises(UserError, match="only answers that are written can be repeated"):
        evaluate_one(named(Pixels()), retrieval_task(), options)


def test_a_failed_repetition_is_an_error_of_its_own(tmp_path: Path) -> None:
    def generate(requests: Sequence[Request]) -> list[Response]:
        return [
            Response(one.sample_id, "red", error="gone" if one.sample_id == "test-1@2" else None) for one in requests
        ]

    model = as_model(generate=generate, name="fails", revision="1")
    options = Options(tmp_path, progress=False, decoding=Decoding(repeats=2), max_errors=0.1)
    found = evaluate_one(model, question_task(), options)
    assert found.report["n_errors"] == 1
    assert found.samples.set_index("id").loc["test-1@2", "error"] == "gone"
    with pytest.raises(RunFailedError, match="test-1@2: gone"):
        evaluate_one(model, question_task(), replace(options, max_errors=0.0, output_dir=tmp_path / "strict"))


def test_answers_that_were_cut_are_counted(tmp_path: Path) -> None:
    def generate(requests: Sequence[Request]) -> list[Response]:
        return [
            Response(one.sample_id, "red", "length" if one.sample_id in ("test-1", "test-2") else "stop")
            for one in requests
        ]

    found = evaluate_one(
        as_model(generate=generate, name="long", revision="1"), question_task(), Options(tmp_path, progress=False)
    )
    assert found.report["notes"] == {"truncated_answers": 2}
