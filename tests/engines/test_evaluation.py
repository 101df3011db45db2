"""One model on one task: resume, identity, errors by sample, refusals."""

import errno
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
from mmbench.models import LoadedModel, as_model, load_model, wrap_model
from mmbench.models.base import ModelCard
from mmbench.runs.journals import append_lines
from mmbench.runs.records import Run, find_runs
from mmbench.samples import Modality, Request, Response, Sample
from tests.fakes import SIZE, Pixels, card, question_task, register, retrieval_task

BATCH = 8


def named(model: object, name: str = "pixels", revision: str | None = "1", **facts: Any) -> LoadedModel:
    both = frozenset({Modality.IMAGE, Modality.TEXT})
    return LoadedModel(model, ModelCard(name, revision, both, **facts), None, {}, revision)


def options(folder: Path, **changes: Any) -> Options:
    return replace(Options(folder, batch_size=BATCH, progress=False), **changes)


def bytes_of(run: Run) -> bytes:
    return (run.folder / "scores.json").read_bytes()


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, card(), card("holes", broken=[3, 10]), card("nothing", empty=True))


def test_a_finished_run_is_not_asked_or_scored_again(tmp_path: Path) -> None:
    model = Pixels()
    first = evaluate_one(named(model), retrieval_task(), options(tmp_path))
    asked, written = len(model.batches), (first.folder / "scores.json").stat().st_mtime_ns
    again = evaluate_one(named(model), retrieval_task(), options(tmp_path))
    assert asked == 2 * SIZE / BATCH
    assert len(model.batches) == asked
    assert (again.folder / "scores.json").stat().st_mtime_ns == written
    assert again.record["status"] == "complete"


def test_what_can_move_a_score_makes_another_run_and_nothing_else_does(tmp_path: Path) -> None:
    task = retrieval_task()
    base = evaluate_one(named(Pixels()), task, options(tmp_path))
    same = evaluate_one(named(Pixels()), task, options(tmp_path, progress=True, max_errors=0.5, cache=False, threads=0))
    others = [
        evaluate_one(named(Pixels(), revision="2"), task, options(tmp_path)),
        evaluate_one(named(Pixels()), replace(task, version=2), options(tmp_path)),
        evaluate_one(named(Pixels()), task, options(tmp_path, batch_size=5)),
        evaluate_one(named(Pixels()), task, options(tmp_path, limit=10)),
        evaluate_one(named(Pixels()), task, options(tmp_path, limit=10, seed=1)),
        evaluate_one(named(Pixels()), task, options(tmp_path, seed=5)),
    ]
    assert same.folder == base.folder
    assert len({run.folder for run in (base, *others)}) == 7
    assert len(list(find_runs(tmp_path))) == 7


def test_batch_size_moves_no_score_here(tmp_path: Path) -> None:
    runs = [evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path, batch_size=size)) for size in (1, 7, 64)]
    assert len({bytes_of(run) for run in runs}) == 1


def test_restart_asks_again(tmp_path: Path) -> None:
    model = Pixels()
    evaluate_one(named(model), retrieval_task(), options(tmp_path))
    asked = len(model.batches)
    evaluate_one(named(model), retrieval_task(), options(tmp_path, restart=True))
    assert len(model.batches) == 2 * asked


def test_a_model_that_nothing_identifies_is_never_resumed(tmp_path: Path) -> None:
    model = Pixels()
    first = evaluate_one(named(model, revision=None), retrieval_task(), options(tmp_path))
    assert (
        first.folder.name != evaluate_one(named(model, revision="1"), retrieval_task(), options(tmp_path)).folder.name
    )
    assert "T" in first.folder.name


def test_a_broken_picture_is_one_named_error_and_stays_in_the_gallery(tmp_path: Path) -> None:
    run = evaluate_one(named(Pixels()), retrieval_task("holes"), options(tmp_path, max_errors=0.1))
    clean = evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path))
    assert run.report["n"] == clean.report["n"] == SIZE
    assert run.report["n_errors"] == 1  # both pictures are the same bytes, so one unit of the gallery
    assert run.values["hit@5"].n == SIZE


def test_broken_pictures_of_questions_count_as_wrong_and_are_named(tmp_path: Path) -> None:
    class Looks(Pixels):
        def generate(self, requests: Sequence[Request]) -> list[Response]:
            from mmbench.media import decode_image
            from mmbench.samples import MediaPart

            for request in requests:
                for part in request.messages[-1].content:
                    if isinstance(part, MediaPart):
                        decode_image(part, request.sample_id)
            return super().generate(requests)

    run = evaluate_one(named(Looks()), question_task("holes"), options(tmp_path, max_errors=0.1))
    table = run.samples.set_index("id")
    assert run.report["n_errors"] == 2
    assert str(table.loc["test-3", "error"]).startswith("not a readable image/png")
    assert run.values["accuracy"].n == SIZE


def test_too_many_errors_fail_the_run_and_keep_everything(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match=r"1 samples of holes.t2i failed, above --max-errors 0.01 .*test-3"):
        evaluate_one(named(Pixels()), retrieval_task("holes"), options(tmp_path))
    (record,) = tmp_path.rglob("run.json")
    assert json.loads(record.read_text())["status"] == "failed"
    model = Pixels()
    run = evaluate_one(named(model), retrieval_task("holes"), options(tmp_path, max_errors=0.5))
    asked = [key for batch in model.batches for key in batch]
    assert asked == [
        f"test-{index}" for index in range(BATCH, SIZE) if index != 10
    ]  # it had stopped after the first batch
    assert run.record["status"] == "complete"


def test_numbers_that_are_not_finite_are_errors_of_their_samples(tmp_path: Path) -> None:
    class Overflows(Pixels):
        def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
            rows = super().embed(samples, **how)
            rows[[sample.id == "test-5" for sample in samples]] = np.inf
            return rows

    run = evaluate_one(named(Overflows()), retrieval_task(), options(tmp_path, max_errors=1.0))
    assert run.samples.set_index("id").loc["test-5", "error"] == "the model returned a number that is not finite"
    assert run.samples.set_index("id").loc["test-5", "hit@5"] == 0


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda n: np.zeros((n + 1, 3)), r"shape \(9, 3\)"),
        (lambda n: np.zeros(n), r"shape \(8,\)"),
        (lambda n: np.zeros((n, 3), dtype=int), "type int64"),
    ],
)
def test_a_wrong_shape_is_said_in_one_sentence(tmp_path: Path, returned: Any, said: str) -> None:
    model = as_model(embed=lambda samples, **how: returned(len(samples)), name="wrong")
    with pytest.raises(RunFailedError, match=said):
        evaluate_one(model, retrieval_task(), options(tmp_path))


def test_a_missing_response_is_said(tmp_path: Path) -> None:
    model = as_model(generate=lambda requests: [Response(requests[0].sample_id, "red")], name="lazy")
    with pytest.raises(
        RunFailedError, match=r"returned 1 responses for 8 requests \(the first without one is test-1\)"
    ):
        evaluate_one(model, question_task(), options(tmp_path))


def test_what_a_model_cannot_do_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs a model that can embed; majority can generate, predict"):
        evaluate_one(load_model("majority"), retrieval_task("no-such-data"), options(tmp_path))
    deaf = LoadedModel(Pixels(), ModelCard("text-only", "1", frozenset({Modality.TEXT})), None, {}, "1")
    with pytest.raises(UserError, match="text-only does not take image"):
        evaluate_one(deaf, retrieval_task("no-such-data"), options(tmp_path))


def test_an_empty_split_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing test is empty"):
        evaluate_one(named(Pixels()), retrieval_task("nothing"), options(tmp_path))


def test_models_never_see_targets_but_the_oracle_does(tmp_path: Path) -> None:
    seen: list[Any] = []

    def generate(requests: Sequence[Request]) -> list[Response]:
        seen.extend(request.target for request in requests)
        return [Response(request.sample_id, "red") for request in requests]

    evaluate_one(as_model(generate=generate, name="peeks", revision="1"), question_task(), options(tmp_path))
    assert set(seen) == {None}
    assert evaluate_one(load_model("oracle"), question_task(), options(tmp_path)).primary.value == 1.0


def test_a_floor_model_that_takes_text_only_sees_text_only(tmp_path: Path) -> None:
    seen: set[Modality] = set()

    class Reads:
        def generate(self, requests: Sequence[Request]) -> list[Response]:
            seen.update(part.modality for request in requests for part in request.messages[-1].content)
            return [Response(request.sample_id, "red") for request in requests]

    blind = LoadedModel(Reads(), ModelCard("reads", "1", frozenset({Modality.TEXT}), kind="floor"), None, {}, "1")
    evaluate_one(blind, question_task(), options(tmp_path))
    assert seen == {Modality.TEXT}


def test_a_full_disk_ends_in_one_sentence_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path / "whole"))
    calls = [0]

    def full(path: Path, lines: Sequence[str]) -> None:
        calls[0] += 1
        if calls[0] > 3:
            with path.open("ab") as handle:
                handle.write(lines[0][:20].encode())  # half a line reaches the disk
            raise OSError(errno.ENOSPC, "No space left on device")
        append_lines(path, lines)

    monkeypatch.setattr("mmbench.runs.store.append_lines", full)
    with pytest.raises(RunFailedError, match="is full: nothing that was stored is lost"):
        evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path / "full"))
    monkeypatch.setattr("mmbench.runs.store.append_lines", append_lines)
    model = Pixels()
    run = evaluate_one(named(model), retrieval_task(), options(tmp_path / "full"))
    assert len(model.batches) == 2 * SIZE / BATCH - 3
    assert bytes_of(run) == bytes_of(whole)


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    from filelock import FileLock

    run = evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path))
    with FileLock(run.folder / ".lock"), pytest.raises(UserError, match="Another process is writing"):
        evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path))


def test_a_score_says_how_sure_it_is(tmp_path: Path) -> None:
    run = evaluate_one(named(Pixels()), retrieval_task(), options(tmp_path))
    score = run.primary
    assert score.value is not None
    assert score.low is not None
    assert score.high is not None
    assert score.low <= score.value <= score.high
    assert (score.n, score.ceiling) == (SIZE, 1.0)
    assert score.floor == pytest.approx(5 / SIZE, rel=0.6)
    assert run.report["interval"]["clusters"] == SIZE / 2
    assert list(run.scores["metric"]) == list(run.values)


def test_functions_and_plain_objects_are_models(tmp_path: Path) -> None:
    register_free = mmbench.evaluate(wrap_model(Pixels()), [retrieval_task()], output_dir=tmp_path, progress=False)
    assert isinstance(register_free, list)
    assert register_free[0].model == "Pixels"
