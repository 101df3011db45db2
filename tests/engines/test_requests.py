"""Requests go out, come back answered by a stub, and score what the stub deserves."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmbench
import mmbench.tasks
from mmbench.errors import RunFailedError, UserError
from mmbench.files import file_sha256
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.metrics.functional.sentiment import sentiment_metric
from mmbench.models import load_model
from mmbench.samples import Modality, Request, Sample
from mmbench.tasks.base import Ask, Phase, Plan, Scored, Stage, Task
from mmbench.tasks.kinds.sentiment import FoldedRegressionTask
from tests.fakes import SIZE, MemorySource, card, question_task, register, retrieval_task, samples


def numbered() -> Any:
    """The fake with numbers for targets, in five folds."""

    def build(roots: Any) -> Any:
        for split, sample in samples():
            place = int(sample.id.rpartition("-")[2])
            yield split, dataclasses.replace(sample, target=(place % 9) / 4 - 1, meta={"fold": place // 2 % 5})

    return card("numbers").model_copy(update={"source": MemorySource(build, "numbers")})


def regression_task() -> FoldedRegressionTask:
    return FoldedRegressionTask(
        id="numbers.regression", title="Fake", dataset="numbers", split="test", train_split="test", valid_split="test", version=1,
        metric=sentiment_metric(convention="unit"), primary="corr", inputs=frozenset({Modality.TEXT}), language="en", folds=5,
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairTask(Task):
    """Does the text belong to the picture? Every text with its own picture and with the next one."""

    kind = "pairs"
    modalities = frozenset({Modality.IMAGE, Modality.TEXT})

    @property
    def ask(self) -> Ask:
        return "score_pairs"

    @property
    def protocol(self) -> dict[str, Any]:
        return {}

    def plan(self, load: Any, *, limit: Any = None, seed: int = 0, privileged: bool = False, ask: Any = None) -> Plan:
        dataset = self.split_for(load, limit, seed)
        texts = [only(sample, Modality.TEXT) for sample in dataset]
        pictures = [only(sample, Modality.IMAGE) for sample in dataset]
        pairs = [(text, pictures[(row + step) % len(pictures)]) for row, text in enumerate(texts) for step in (0, 1)]
        ids = [f"{text.id}/{step}" for text in texts for step in (0, 1)]
        stage = Stage("pairs", "score_pairs", ids, pairs, self.modalities)

        def score(outputs: Any) -> Scored:
            values = np.asarray(outputs["pairs"].values).reshape(-1, 2)
            said = ["right" if own > other else "wrong" for own, other in values]
            arrays = self.metric.per_sample(said, ["right"] * len(said))
            return Scored(dataset.ids, arrays, dataset.ids, None, outputs["pairs"].errors)

        return Plan(
            (Phase("all", (stage,), lambda: ([], [])),), score, len(dataset), {"accuracy": 0.5}, {"accuracy": 1.0}
        )


def only(sample: Sample, modality: Modality) -> Sample:
    return dataclasses.replace(sample, content=sample.parts(modality), target=None)


def pair_task() -> PairTask:
    return PairTask(
        id="fake.pairs", title="Fake", dataset="fake", split="test", train_split=None, valid_split=None, version=1,
        metric=exact_match_metric(), primary="accuracy",
    )  # fmt: skip


TASKS: tuple[Task, ...] = (question_task(), retrieval_task(), regression_task(), pair_task())


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, card(), numbered())
    monkeypatch.setattr(mmbench.tasks, "_catalog", lambda: {task.id: task for task in TASKS})


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def filled(task: Task, path: Path) -> Path:
    """The lines with what the oracle says under ``prediction``."""
    oracle: Any = load_model("oracle").model
    plan = task.plan(task.load, privileged=True)
    said: dict[tuple[str, str], Any] = {}
    item: Any
    for stage in plan.stages:
        for key, item in zip(stage.ids, stage.items, strict=True):
            if isinstance(item, Request):
                said["", key] = oracle.generate([item])[0].text
            elif stage.ask == "embed":
                said[stage.name, key] = oracle.embed([item], modalities=stage.modalities)[0][:512].tolist()
            elif isinstance(item, Sample):
                said["", key] = float(oracle.predict([item])[0, 0])
            else:
                said["", key] = 0.5 + (item[0].id == item[1].id)
    answered = [{**line, "prediction": said[line.get("side", ""), line["id"]]} for line in lines(path)]
    path.write_text("".join(json.dumps(line) + "\n" for line in answered))
    return path


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_requests_filled_in_by_the_oracle_score_the_ceiling(tmp_path: Path, task: Task) -> None:
    found = mmbench.export_requests(task.id, tmp_path / "requests.jsonl", progress=False)
    assert found.requests == len(lines(found.file)) == SIZE * (2 if task.ask in ("embed", "score_pairs") else 1)
    run = mmbench.score(filled(task, found.file), task.id, output_dir=tmp_path / "runs", progress=False)
    assert run.primary.value == pytest.approx(1.0)
    assert run.primary.value == pytest.approx(run.primary.ceiling)
    assert run.report["n_errors"] == 0
    assert {key: run.report["notes"][key] for key in ("predictions_missing", "predictions_unknown")} == {
        "predictions_missing": 0,
        "predictions_unknown": 0,
    }
    assert str(tmp_path) not in (run.folder / "run.json").read_text()


def test_a_line_holds_what_a_model_is_shown_and_no_target(tmp_path: Path) -> None:
    asked = mmbench.export_requests("fake.open", tmp_path / "r.jsonl", progress=False)
    first = lines(asked.file)[0]
    assert (first["id"], first["task"], first["ask"], first["max_new_tokens"]) == (
        "test-0",
        "fake.open",
        "generate",
        16,
    )
    system, user = first["messages"]
    assert system == {"role": "system", "content": [{"language": "en", "text": "Say one word.", "type": "text"}]}
    picture, text = user["content"]
    assert (picture["type"], picture["media_type"], len(picture["fingerprint"])) == ("image", "image/png", 64)
    assert "file" not in picture
    assert text["text"] == "picture test 0"
    assert "red" not in asked.file.read_text()
    pairs = lines(mmbench.export_requests("fake.t2i", tmp_path / "e.jsonl", progress=False).file)
    assert [(line["side"], line["role"]) for line in (pairs[0], pairs[-1])] == [
        ("queries", "query"),
        ("documents", "document"),
    ]


def test_media_go_into_a_folder_under_names_that_come_from_their_hash(tmp_path: Path) -> None:
    found = mmbench.export_requests(
        "fake.open", tmp_path / "out" / "r.jsonl", with_media=tmp_path / "media", progress=False
    )
    files = sorted((tmp_path / "media").iterdir())
    assert found.media == len(files) == SIZE
    parts = [line["messages"][1]["content"][0] for line in lines(found.file)]
    for part in parts:
        path = tmp_path / "out" / part["file"]
        assert file_sha256(path) == part["fingerprint"]
        assert part["file"].startswith("../media/")
        assert path.suffix == ".png"


def test_a_part_of_a_task_can_be_asked(tmp_path: Path) -> None:
    found = mmbench.export_requests("fake.open", tmp_path / "r.jsonl", limit=10, progress=False)
    assert 10 <= found.requests < SIZE
    run = mmbench.score(
        filled(TASKS[0], found.file), "fake.open", limit=10, output_dir=tmp_path / "runs", progress=False
    )
    assert (run.primary.value, run.primary.n, run.limit) == (1.0, found.requests, 10)


def test_a_task_is_asked_only_in_the_ways_that_it_has(tmp_path: Path) -> None:
    assert mmbench.export_requests("fake.t2i", tmp_path / "r.jsonl", ask="embed", progress=False).requests == 2 * SIZE
    with pytest.raises(UserError, match="fake.t2i is not done by score_pairs: choose embed"):
        mmbench.export_requests("fake.t2i", tmp_path / "r.jsonl", ask="score_pairs", progress=False)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        mmbench.export_requests("fake.open", tmp_path / "file" / "r.jsonl", progress=False)


def test_missing_ids_are_errors_and_unknown_ids_are_counted(tmp_path: Path) -> None:
    path = filled(TASKS[0], mmbench.export_requests("fake.open", tmp_path / "r.jsonl", progress=False).file)
    kept = [{**line, "id": "spare"} if line["id"] == "test-3" else line for line in lines(path)]
    path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    with pytest.raises(
        RunFailedError,
        match=r"1 samples of fake.open failed, .*test-3: the file has no prediction",
    ):
        mmbench.score(path, "fake.open", output_dir=tmp_path / "runs", progress=False)
    run = mmbench.score(path, "fake.open", output_dir=tmp_path / "runs", max_errors=0.1, progress=False)
    assert run.report["notes"] == {"predictions_missing": 1, "predictions_unknown": 1}
    assert run.primary.value == 1 - 1 / SIZE


def test_lines_of_another_task_are_refused(tmp_path: Path) -> None:
    path = filled(TASKS[0], mmbench.export_requests("fake.open", tmp_path / "r.jsonl", progress=False).file)
    with pytest.raises(UserError, match=r"was made for fake.open, not for numbers.regression"):
        mmbench.score(path, "numbers.regression", output_dir=tmp_path / "runs", progress=False)


def test_embeddings_of_a_file_score_as_those_of_the_model(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    task, made = TASKS[1], load_model("random")
    model: Any = made.model
    arrays, ids = {}, {}
    for stage in task.plan(task.load).stages:
        arrays[stage.name] = model.embed(list(stage.items), modalities=stage.modalities, role=stage.role)
        ids[f"{stage.name}.ids"] = json.dumps(list(stage.ids))
    save_file(arrays, tmp_path / "e.safetensors", metadata=ids)
    stored = mmbench.score(tmp_path / "e.safetensors", "fake.t2i", output_dir=tmp_path / "runs", progress=False)
    live = mmbench.evaluate(made, "fake.t2i", output_dir=tmp_path / "runs", progress=False)
    assert not isinstance(live, list)
    assert stored.report["scores"] == live.report["scores"]


def test_pairs_may_be_named_by_their_own_id_alone(tmp_path: Path) -> None:
    path = filled(TASKS[3], mmbench.export_requests("fake.pairs", tmp_path / "r.jsonl", progress=False).file)
    kept = [{"id": line["id"], "score": line["prediction"]} for line in lines(path)[1:]]
    path.write_text("".join(json.dumps(line) + "\n" for line in [*kept, {"id": "spare", "score": 1}]))
    run = mmbench.score(path, "fake.pairs", output_dir=tmp_path / "runs", max_errors=0.1, progress=False)
    assert run.report["notes"] == {"predictions_missing": 1, "predictions_unknown": 1}
    assert (run.report["n_errors"], run.primary.value) == (1, 1 - 1 / SIZE)


def test_a_file_of_answers_is_no_file_of_embeddings(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"id": "test-0", "prediction": "red"}\n')
    with pytest.raises(UserError, match=r"fake.t2i needs a model that can embed; p can generate, predict"):
        mmbench.score(tmp_path / "p.jsonl", "fake.t2i", output_dir=tmp_path / "runs", progress=False)


def test_numbers_that_are_not_finite_are_errors_of_their_samples(tmp_path: Path) -> None:
    values = np.ones((SIZE, 2), dtype=np.float32)
    values[5] = np.nan
    keys = np.asarray([f"test-{number}" for number in range(SIZE)])
    named: Any = {"text": values, "image": np.ones_like(values), "ids": keys}
    np.savez(tmp_path / "e.npz", **named)
    run = mmbench.score(tmp_path / "e.npz", "fake.t2i", output_dir=tmp_path / "runs", max_errors=0.1, progress=False)
    assert run.samples.set_index("id").loc["test-5", "error"] == "the model returned a number that is not finite"
