"""Splits without labels run without scores, and their answers become the file that a server takes."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmbench
import mmbench.tasks
from mmbench.cli import main
from mmbench.errors import UserError
from mmbench.leaderboards import Leaderboard
from mmbench.loaders import all_cards
from mmbench.models import as_model
from mmbench.runs.records import Run
from mmbench.samples import Request, Response
from mmbench.submissions import Answer, all_formats, export_submission, format_for
from tests.fakes import MemorySource, card, question_task, register, samples

OPTIONS = ("a cat", "a dog", "a bird")


def hidden_card(key: str, name: str, *, labels: bool = False, **changes: Any) -> Any:
    """The fake under another key, with ids of that pattern and no targets."""

    def build(roots: Any) -> Iterator[Any]:
        for split, sample in samples():
            number = int(sample.id.rpartition("-")[2])
            fields = {"id": name.format(number) if split == "test" else sample.id, "target": None, **changes}
            yield split, dataclasses.replace(sample, **(fields if split == "test" else {}))

    return card(key).model_copy(
        update={"source": MemorySource(build, f"{key}-{name}-{changes}"), "labels_public": labels}
    )


def says(requests: Sequence[Request]) -> list[Response]:
    return [Response(request.sample_id, f"answer to {request.text[-2:].strip()}") for request in requests]


def evaluated(
    monkeypatch: pytest.MonkeyPatch, folder: Path, key: str, name: str, generate: Any = says, **changes: Any
) -> Run:
    register(monkeypatch, hidden_card(key, name, **changes))
    model = as_model(generate=generate, name="mine", revision="1")
    run = mmbench.evaluate(model, question_task(key), output_dir=folder, progress=False, max_errors=1.0)
    assert isinstance(run, Run)
    return run


def test_a_split_without_labels_keeps_its_answers_and_scores_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = evaluated(monkeypatch, tmp_path / "runs", "vqav2", "{}")
    assert run.record["status"] == "complete"
    assert run.primary.value is None
    assert all(score.value is None and score.low is None and score.ceiling is None for score in run.values.values())
    assert run.primary.reason is not None
    assert run.primary.reason.startswith("the labels are withheld: `mmbench export-submission`")
    assert list(run.samples["answer"][:2]) == ["answer to 0", "answer to 1"]
    silent = as_model(generate=lambda requests: 1 / 0, name="mine", revision="1")  # nothing is asked again
    again = mmbench.evaluate(silent, question_task("vqav2"), output_dir=tmp_path / "runs", progress=False)
    assert isinstance(again, Run)
    assert again.folder == run.folder
    assert "–" in Leaderboard.from_runs(tmp_path / "runs").to_markdown()


def test_where_some_labels_are_public_everything_is_scored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = evaluated(monkeypatch, tmp_path, "vqav2", "{}", target="red")
    assert run.primary.value == 0.0


def test_the_oracle_has_nothing_to_say_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    register(monkeypatch, hidden_card("vqav2", "{}"))
    with pytest.raises(UserError, match="vqav2.open has no labels to show to a model"):
        mmbench.evaluate("oracle", question_task("vqav2"), output_dir=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("key", "name", "first"),
    [
        ("vqav2", "4200{}", {"question_id": 42000, "answer": "answer to 0"}),
        ("textvqa", "{}", {"question_id": 0, "answer": "answer to 0"}),
        ("okvqa", "{}", {"question_id": 0, "answer": "answer to 0"}),
        ("stvqa", "{}", {"question_id": 0, "answer": "answer to 0"}),
        ("vizwiz", "VizWiz_test_{:08d}", {"image": "VizWiz_test_00000000.jpg", "answer": "answer to 0"}),
        ("docvqa", "5{}", {"questionId": 50, "answer": "answer to 0"}),
        ("infographicvqa", "5{}", {"questionId": 50, "answer": "answer to 0"}),
        ("gqa", "20{}", {"questionId": "200", "prediction": "answer to 0"}),
        ("nocaps", "{}", {"image_id": 0, "caption": "answer to 0"}),
        ("coco-captions-2017", "COCO_{}.jpg", {"image_id": 139, "caption": "answer to 0"}),
    ],
)
def test_every_server_gets_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, name: str, first: dict[str, Any]
) -> None:
    meta = {"meta": {"image_id": 139}} if key.startswith("coco") else {}
    run = evaluated(monkeypatch, tmp_path / "runs", key, name, **meta)
    written = mmbench.export_submission(run.folder, tmp_path / "out.json")
    document = json.loads(written.file.read_text())
    assert document[0] == first
    assert (len(document), written.answers, written.empty) == (40, 40, 0)


def test_options_become_letters_or_texts() -> None:
    class Optioned:
        options = OPTIONS

    sample: Any = Optioned()
    said = [Answer(str(number), text, sample) for number, text in enumerate(("a dog", "(C)", "no idea at all", ""))]
    assert format_for("mmmu").document(said) == {"0": "B", "1": "C", "2": "no idea at all", "3": ""}
    assert format_for("a-okvqa").document(said) == {"0": "a dog", "1": "a bird", "2": "no idea at all", "3": ""}
    assert format_for("mmmu").document([Answer("open", "36 watts", None)]) == {"open": "36 watts"}


def test_a_format_that_needs_samples_finds_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def second(requests: Sequence[Request]) -> list[Response]:
        return [Response(request.sample_id, OPTIONS[1]) for request in requests]

    run = evaluated(monkeypatch, tmp_path / "runs", "mmmu", "test_Art_{}", second, options=OPTIONS)
    written = export_submission(run.folder, tmp_path / "out.json")
    assert json.loads(written.file.read_text())["test_Art_0"] == "B"


def test_errors_are_empty_answers_and_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(requests: Sequence[Request]) -> list[Response]:
        return [
            Response(one.sample_id, "", "error", "too hard") if one.sample_id == "7" else one for one in says(requests)
        ]

    run = evaluated(monkeypatch, tmp_path / "runs", "vqav2", "{}", fails)
    assert run.report["n_errors"] == 1
    written = export_submission(run.folder, tmp_path / "out.json")
    assert written.empty == 1
    assert json.loads(written.file.read_text())[7] == {"question_id": 7, "answer": ""}


def test_a_run_with_labels_can_be_submitted_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = evaluated(monkeypatch, tmp_path / "runs", "gqa", "{}", labels=True, target="red")
    assert run.primary.value == 0.0
    assert export_submission(run.folder, tmp_path / "out.json").answers == 40


def test_what_cannot_be_submitted_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = evaluated(monkeypatch, tmp_path / "runs", "vqav2", "q{}")
    with pytest.raises(
        UserError,
        match=r"The ids of vqav2.open are not those that the VQA challenge's list .* takes: 'q0' is no number",
    ):
        export_submission(run.folder, tmp_path / "out.json")
    register(monkeypatch, hidden_card("vqav2", "{}"), card())
    model = as_model(generate=says, name="mine", revision="1")
    part: Any = mmbench.evaluate(model, question_task("vqav2"), output_dir=tmp_path / "runs", limit=5, progress=False)
    with pytest.raises(UserError, match="is a partial run"):
        export_submission(part.folder, tmp_path / "out.json")
    other: Any = mmbench.evaluate(model, question_task(), output_dir=tmp_path / "runs", progress=False)
    with pytest.raises(
        UserError, match="No submission format is known for fake: there is one for a-okvqa, coco-captions-2017"
    ):
        export_submission(other.folder, tmp_path / "out.json")
    with pytest.raises(UserError, match="holds no finished run"):
        export_submission(tmp_path, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_every_format_serves_datasets_of_the_catalog_and_names_its_source() -> None:
    known = {one.key for one in all_cards()}
    served = [key for one in all_formats() for key in one.datasets]
    assert set(served) <= known
    assert len(served) == len(set(served)) == 12
    assert all("/" in one.source or "." in one.source for one in all_formats())


def test_the_command_says_where_the_format_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = evaluated(monkeypatch, tmp_path / "runs", "vqav2", "{}")
    capsys.readouterr()
    monkeypatch.setattr(
        sys, "argv", ["mmbench", "export-submission", str(run.folder), "--out", str(tmp_path / "s.json")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert "40 answers in" in (out := capsys.readouterr().out)
    assert "GT-Vision-Lab/VQA" in out
