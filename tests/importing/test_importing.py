"""Logs of other tools as runs: from files that inspect_ai wrote, and from files in the formats of the others."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import mmbench
from mmbench.cli import main
from mmbench.errors import UserError
from mmbench.importing import Imported, all_readers, import_logs
from mmbench.leaderboards import Leaderboard
from mmbench.runs.records import Run, Score

WRITTEN = Path(__file__).parent / "inspect_ai"  # by inspect_ai 0.3.285 with its mock model, five sums
BY_LMMS_EVAL = (
    Path(__file__).parent / "lmms_eval"
)  # by the EvaluationTracker of lmms-eval 0.7.3, given six answers of two models
BY_MTEB = Path(__file__).parent / "mteb"  # by mteb 2.26.24: its random encoder on a mock task
Rows = list[dict[str, Any]]


def _lmms_eval(folder: Path, name: str, right: list[int], **changes: Any) -> None:
    """A result file and its samples, after harness code and a published log: metric and filter glued by a comma, N/A for no error."""
    folder.mkdir(parents=True, exist_ok=True)
    value = sum(right) / len(right)
    results = {
        "results": {
            "vqa": {"alias": "vqa", "exact_match,none": value, "exact_match_stderr,none": 0.1, "bleu,none": 12.5},
            "mme": {"alias": "mme", "mme_total,none": 1500.25, "mme_total_stderr,none": "N/A"},
        },
        "configs": {"vqa": {"dataset_path": "lmms-lab/vqa", "test_split": "val", "process_results": "<function f at 0x7fa>"}},
        "versions": {"vqa": 0.0, "mme": "Yaml"},
        "higher_is_better": {"vqa": {"exact_match": True, "bleu": True}, "mme": {"mme_total": True}},
        "n-samples": {"vqa": {"original": len(right), "effective": len(right)}, "mme": {"original": 2374, "effective": 2374}},
        "config": {"model": "llava_hf", "model_args": f"pretrained=/home/somebody/{name},api_key=sk-secret", "limit": None},
        "lmms_eval_version": "0.5.0",
    } | changes  # fmt: skip
    (folder / "20260101_000000_results.json").write_text(json.dumps(results))
    lines = [
        {"doc_id": i, "target": "yes", "resps": [["yes"]], "filtered_resps": ["yes" if hit else "no"], "exact_match": float(hit)}
        for i, hit in enumerate(right)
    ]  # fmt: skip
    (folder / "20260101_000000_samples_vqa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def _vlmevalkit(folder: Path, model: str, hits: list[int], suffix: str = ".tsv") -> None:
    """Predictions, the judged sheet and the table of scores, as VLMEvalKit names them."""
    import pandas as pd

    inside = folder / model / "T20260101_G0000000"
    inside.mkdir(parents=True)
    rows = [
        {"index": i, "question": "?", "answer": "A", "prediction": "A" if hit else "B"} for i, hit in enumerate(hits)
    ]
    rows[-1]["prediction"] = "Failed to obtain answer via API."

    def save(rows: Rows, name: str) -> None:
        frame = pd.DataFrame(rows)
        path = inside / f"{model}_MMStar{name}{suffix}"
        frame.to_excel(path, index=False) if suffix == ".xlsx" else frame.to_csv(path, sep="\t", index=False)

    save(rows, "")
    save([{**row, "hit": hit, "log": "exact"} for row, hit in zip(rows, hits, strict=True)], "_exact_matching_result")
    pd.DataFrame([{"split": "none", "Overall": sum(hits) / len(hits), "logic": 0.5}]).to_csv(
        inside / f"{model}_MMStar_acc.csv", index=False
    )
    (inside / f"{model}_MMStar_PREV.pkl").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")


def _mteb(folder: Path, model: str, score: float) -> None:
    inside = folder / model.replace("/", "__") / "abc123"
    inside.mkdir(parents=True)
    subset = {
        "main_score": score,
        "hf_subset": "default",
        "languages": ["eng-Latn"],
        "ndcg_at_10": score,
        "nauc_mrr_at_1_std": float("nan"),
    }
    result = {
        "dataset_revision": "e819",
        "task_name": "Flickr30kT2IRetrieval",
        "mteb_version": "2.1",
        "scores": {"test": [subset]},
        "date": 1.7e9,
    }
    (inside / "Flickr30kT2IRetrieval.json").write_text(json.dumps(result))
    meta = {
        "name": model,
        "revision": "abc123",
        "n_parameters": 5,
        "license": "mit",
        "open_weights": True,
        "training_datasets": ["COCO"],
    }
    (inside / "model_meta.json").write_text(json.dumps(meta))


def _score(run: Run, key: str) -> Score:
    return Score(**next(facts for facts in run.report["scores"] if facts["metric"] == key))


def _only(found: Imported, task: str) -> Run:
    return next(run for run in found.runs if run.task == task)


def test_logs_that_inspect_ai_wrote(tmp_path: Path) -> None:
    found = import_logs(WRITTEN, output_dir=tmp_path)
    assert {(run.model, run.primary.value, run.primary.n) for run in found.runs} == {
        ("mockllm/good", 0.8, 5), ("mockllm/bad", 0.4, 5), ("mockllm/twice", 0.8, 10)
    }  # fmt: skip
    run = next(run for run in found.runs if run.model == "mockllm/good")
    assert run.primary.metric == "match/accuracy"
    assert (run.primary.low, run.primary.high) == (0.4, 1.0)
    assert list(run.samples["answer"]) == ["4", "6", "8", "10", "11"]
    assert list(run.samples["match/accuracy"]) == [1, 1, 1, 1, 0]
    twice = next(run for run in found.runs if run.model == "mockllm/twice")
    assert list(twice.samples["cluster"]) == sorted([f"q{i}" for i in range(5)] * 2)
    assert "q0@2" in set(twice.samples["id"])
    again = import_logs(WRITTEN, output_dir=tmp_path)
    assert [run.folder for run in again.runs] == [run.folder for run in found.runs]


def test_the_same_log_as_json(tmp_path: Path) -> None:
    from mmbench.importing.bounded import member

    with zipfile.ZipFile(WRITTEN / "good.eval") as archive:
        header = member(archive, "header.json")
        header["samples"] = [member(archive, name) for name in archive.namelist() if name.startswith("samples/")]
    (tmp_path / "log.json").write_text(
        json.dumps({"version": header.pop("version"), "status": header.pop("status"), **header})
    )
    run = import_logs(tmp_path, output_dir=tmp_path / "runs").runs[0]
    packed = next(one for one in import_logs(WRITTEN, output_dir=tmp_path / "runs").runs if one.model == run.model)
    assert run.report["scores"] == packed.report["scores"]


def test_logs_that_lmms_eval_wrote(tmp_path: Path) -> None:
    found = import_logs(BY_LMMS_EVAL, output_dir=tmp_path)
    assert {run.model: run.primary.n for run in found.runs} == {"org/strong": 6, "org/weak": 6}
    assert {run.model: run.primary.value for run in found.runs} == pytest.approx(
        {"org/strong": 5 / 6, "org/weak": 2 / 6}
    )
    assert list(found.runs[0].samples["answer"]) == ["yes", "yes", "no", "yes", "yes", "yes"]
    pair = mmbench.compare(found.runs).pairs[0]
    assert (pair.wins, pair.ties, pair.losses, pair.p_value) == (0, 3, 3, 0.25)


def test_results_that_mteb_wrote(tmp_path: Path) -> None:
    run = import_logs(BY_MTEB, output_dir=tmp_path).runs[0]
    assert (run.model, run.task) == ("mteb/baseline-random-encoder", "mteb:MockAny2AnyRetrievalI2T.test")
    assert (run.primary.metric, run.primary.value, run.primary.low) == ("main_score", 0.63093, None)
    assert (run.record["identity"]["model"]["revision"], run.record["model"]["licence"]) == ("2", "mit")


def test_lmms_eval_with_and_without_samples(tmp_path: Path) -> None:
    _lmms_eval(tmp_path / "logs", "org-7b", [1, 1, 0, 1])
    found = import_logs(tmp_path / "logs", output_dir=tmp_path / "runs")
    vqa, mme = _only(found, "lmms-eval:vqa"), _only(found, "lmms-eval:mme")
    assert (vqa.model, vqa.primary.metric, vqa.primary.value, vqa.primary.n) == ("org-7b", "exact_match", 0.75, 4)
    assert vqa.primary.low is not None
    assert _score(vqa, "bleu").value == 12.5
    assert _score(vqa, "bleu").low is None
    assert _score(vqa, "bleu").definition == "as lmms-eval reports it; cannot be computed anew"
    assert (mme.primary.value, mme.primary.low, mme.primary.n) == (1500.25, None, 2374)
    assert list(vqa.samples["answer"]) == ["yes", "yes", "no", "yes"]


def test_a_value_that_is_not_the_mean_of_its_samples_is_as_reported(tmp_path: Path) -> None:
    _lmms_eval(tmp_path / "logs", "m", [1, 0, 0, 1], results={"vqa": {"exact_match,none": 0.9}})
    score = _only(import_logs(tmp_path / "logs", output_dir=tmp_path / "runs"), "lmms-eval:vqa").primary
    assert (score.value, score.low) == (0.9, None)
    assert "not the mean of its scores per sample; cannot be computed anew" in score.definition


def test_percent_becomes_a_share_and_another_aggregate_is_not_compared_by_means(tmp_path: Path) -> None:
    for name, right, total in (("a", [1, 1, 1, 0], 0.9), ("b", [1, 0, 0, 0], 0.2)):
        results = {"vqa": {"exact_match,none": 100 * sum(right) / 4}, "other": {"exact_match,none": total}}
        _lmms_eval(tmp_path / name, name, right, results=results)
        samples = tmp_path / name / "20260101_000000_samples_vqa.jsonl"
        samples.with_name("20260101_000000_samples_other.jsonl").write_text(samples.read_text())
        if name == "b":  # several processes log in another order
            samples.write_text("".join(reversed(samples.read_text().splitlines(keepends=True))))
        import_logs(tmp_path / name, output_dir=tmp_path / "runs")
    pairs = {pair.task: pair for pair in mmbench.compare([tmp_path / "runs/a", tmp_path / "runs/b"]).pairs}
    percent, other = pairs["lmms-eval:vqa"], pairs["lmms-eval:other"]
    assert (percent.value_a, percent.value_b, percent.difference, percent.losses) == (0.75, 0.25, -0.5, 2)
    assert (other.value_a, other.value_b, other.difference, other.p_value, other.wins) == (0.9, 0.2, None, None, None)


def test_a_limited_run_is_partial(tmp_path: Path) -> None:
    _lmms_eval(tmp_path / "logs", "m", [1, 0], **{"n-samples": {"vqa": {"original": 100, "effective": 2}}})
    assert _only(import_logs(tmp_path / "logs", output_dir=tmp_path / "runs"), "lmms-eval:vqa").limit == 2


@pytest.mark.parametrize("suffix", [".tsv", ".xlsx"])
def test_vlmevalkit_sheets(tmp_path: Path, suffix: str) -> None:
    if suffix == ".xlsx":
        pytest.importorskip("openpyxl")
    _vlmevalkit(tmp_path / "outputs", "Some-VL", [1, 0, 1, 0], suffix)
    run = import_logs(tmp_path / "outputs", output_dir=tmp_path / "runs").runs[0]
    assert (run.model, run.task, run.primary.metric, run.primary.value) == (
        "Some-VL",
        "VLMEvalKit:MMStar",
        "Overall",
        0.5,
    )
    assert run.primary.low is not None
    assert run.report["n_errors"] == 1
    assert run.record["identity"]["protocol"]["judge"] == "exact_matching"
    assert list(run.samples["Overall"]) == [1, 0, 1, 0]


def test_mteb_results_have_no_samples_and_say_so(tmp_path: Path) -> None:
    _mteb(tmp_path / "results", "org/clip", 0.73724)
    run = import_logs(tmp_path / "results", output_dir=tmp_path / "runs").runs[0]
    assert (run.model, run.task, run.primary.value, run.primary.n) == (
        "org/clip",
        "mteb:Flickr30kT2IRetrieval.test",
        0.73724,
        None,
    )
    assert _score(run, "nauc_mrr_at_1_std").value is None
    assert _score(run, "nauc_mrr_at_1_std").reason == "mteb reports no number"
    assert (run.record["model"]["parameters"], run.record["model"]["licence"]) == (5, "mit")


def test_one_board_of_all_tools_with_paired_tests(tmp_path: Path) -> None:
    for name, right in (("strong", [1] * 38 + [0] * 2), ("weak", [1] * 10 + [0] * 30)):
        _lmms_eval(tmp_path / "logs" / name, name, right)
        _vlmevalkit(tmp_path / "logs" / "vlm", name, right)
        _mteb(tmp_path / "logs" / "mteb", f"org/{name}", 0.5)
    runs = tmp_path / "runs"
    import_logs(tmp_path / "logs", output_dir=runs)
    import_logs(WRITTEN, output_dir=runs)
    board = Leaderboard.from_runs(runs)
    assert {column.task for column in board.columns} == {
        "lmms-eval:vqa", "lmms-eval:mme", "VLMEvalKit:MMStar", "mteb:Flickr30kT2IRetrieval.test", "inspect_ai:sums"
    }  # fmt: skip
    strong = next(row for row in board.rows if row.name == "strong")
    assert strong.cells["lmms-eval:vqa"].standings["exact_match"].rank == 1
    assert "imported from a log of lmms-eval" in strong.cells["lmms-eval:vqa"].marks[0].text
    assert "imported from a log" in board.to_html(tmp_path / "board").read_text()
    pairs = {pair.task: pair for pair in mmbench.compare([runs / "weak", runs / "strong"]).pairs}
    assert pairs["lmms-eval:vqa"].better == "b"
    assert (pairs["lmms-eval:vqa"].wins, pairs["lmms-eval:vqa"].losses) == (28, 0)
    assert "lmms-eval:mme" not in pairs  # there are no scores per sample to pair


def test_no_path_and_no_key_of_the_log_is_kept(tmp_path: Path) -> None:
    _lmms_eval(tmp_path / "logs", "org-7b", [1, 0])
    import_logs(tmp_path / "logs", output_dir=tmp_path / "runs")
    written = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file())
    assert b"somebody" not in written
    assert b"sk-secret" not in written


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a_results.json", b"{", "not JSON"),
        ("a_results.json", b'{"results": 3}', "no table `results`"),
        ("a.eval", b"PK no zip", "not a whole log"),
        ("m/m_MMStar.tsv", b"index\tprediction\n1\tA\n", "nothing says how it was scored"),
        ("m/m_MMStar.tsv", b"question\tanswer\n1\tA\n", "no column index and no column prediction"),
        ("m/r/T.json", b'{"dataset_revision": 1, "task_name": "T", "scores": {"test": [{}]}}', "not a whole result"),
        ("deep_results.json", b"[" * 100_000, "not JSON"),
    ],
)
def test_a_broken_file_is_left_out_with_its_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / "logs" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with pytest.raises(UserError, match=f"nothing in .* that can be imported .*{reason}"):
        import_logs(tmp_path / "logs", output_dir=tmp_path / "runs")
    _lmms_eval(tmp_path / "logs" / "whole", "m", [1, 0])
    found = import_logs(tmp_path / "logs", output_dir=tmp_path / "runs")
    assert [reason in str(one) for one in found.skipped] == [True]
    assert len(found.runs) == 2


def test_a_member_of_another_size_than_the_archive_says(tmp_path: Path) -> None:
    data = bytearray((WRITTEN / "good.eval").read_bytes())
    with zipfile.ZipFile(WRITTEN / "good.eval") as archive:
        info = archive.getinfo("header.json")
    data[info.header_offset + 60] ^= 0xFF
    (tmp_path / "broken.eval").write_bytes(data)
    with pytest.raises(UserError, match="header.json cannot be unpacked"):
        import_logs(tmp_path, output_dir=tmp_path / "runs")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "nowhere"], "There is no folder nowhere"),
        (["import", ".", "--tool", "lmms_eval"], "There is no tool named 'lmms_eval': did you mean lmms-eval"),
        (["import", "."], "There is nothing in . that can be imported"),
    ],
)
def test_mistakes_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["mmbench", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_readers_say_where_their_format_comes_from() -> None:
    assert [one.tool for one in all_readers()] == ["VLMEvalKit", "inspect_ai", "lmms-eval", "mteb"]
    assert all(one.source and one.files for one in all_readers())
