"""Numbers from papers on a board: which columns have them, that they change no rank, and how each export shows them."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmbench.leaderboards import Leaderboard, SuiteFacts
from tests.leaderboards.conftest import MOSI, write_mosi_run, write_run

Papers = Callable[[Sequence[Sequence[str]]], None]
UNALIGNED = "cmu-mosi-unaligned.regression"
ROWS = (
    ("weak", "corr", "0.2", "A 2020", "seeds: 5"),
    ("strong", "corr", "0.9", "B 2021", "on test"),
    ("strong", "mae", "0.7", "B 2021", ""),
    ("other metric", "acc2_posneg", "0.85", "B 2021", ""),
    ("unknown metric", "acc7_round", "0.4", "B 2021", ""),
)


@pytest.fixture
def board(papers: Papers, tmp_path: Path) -> Leaderboard:
    """Two models and the numbers of ``ROWS``, one of them better than both."""
    papers(ROWS)
    return built(tmp_path / "runs")


def built(root: Path, **changes: Any) -> Leaderboard:
    write_mosi_run(root, "ours", 0.6, **changes)
    write_mosi_run(root, "other", 0.3, **changes)
    return Leaderboard.from_runs(root)


def numbers(board: Leaderboard) -> dict[str, dict[str, dict[str, float]]]:
    return {
        row.name: {task: {key: one.value for key, one in found.items()} for task, found in row.numbers.items()}
        for row in board.reported
    }


def test_a_board_has_the_numbers_of_its_measures_from_best_to_worst(board: Leaderboard) -> None:
    assert list(numbers(board).items()) == [
        ("strong", {MOSI: {"corr": 0.9, "mae": 0.7}}),
        ("weak", {MOSI: {"corr": 0.2}}),
        ("other metric", {MOSI: {"acc2_posneg": 0.85}}),
    ]


def test_a_published_number_comes_from_its_file(tmp_path: Path) -> None:
    assert numbers(built(tmp_path))["TFN (MMSA)"] == {MOSI: {"corr": 0.6733, "mae": 0.9473, "acc2_posneg": 0.7908}}


def test_no_rank_moves(board: Leaderboard, papers: Papers, tmp_path: Path) -> None:
    papers([])
    without = Leaderboard.from_runs(tmp_path / "runs")
    assert without.reported == ()
    assert board.rows == without.rows
    assert without.to_markdown().splitlines() == [
        line
        for line in board.to_markdown().splitlines()
        if not re.match(r"\| \*reported\*|- Reported rows|- \\\[|- 1 reported row has", line)
    ]


@pytest.mark.parametrize(
    "changes",
    [{"split": "validation"}, {"modifiers": [["drop-features", 1]]}, {"limit": 100}],
    ids=lambda one: next(iter(one)),
)
def test_other_splits_changed_data_and_partial_runs_have_none(
    papers: Papers, tmp_path: Path, changes: dict[str, Any]
) -> None:
    papers(ROWS)
    assert built(tmp_path / "runs", **changes).reported == ()


def test_data_without_a_file_have_none(papers: Papers, tmp_path: Path) -> None:
    papers(ROWS)
    write_run(tmp_path / "runs", "m", "openmoji.t2i")
    assert Leaderboard.from_runs(tmp_path / "runs").reported == ()


def test_a_row_spans_the_tasks_of_a_suite_and_has_no_score(papers: Papers, tmp_path: Path) -> None:
    papers(ROWS)
    for task in (MOSI, UNALIGNED):
        write_mosi_run(tmp_path / "runs", "ours", 0.6, task)
    suite = SuiteFacts(name="s-1", title="S", tasks={MOSI: 1, UNALIGNED: 1})
    board = Leaderboard.from_runs(tmp_path / "runs", suite=suite)
    assert numbers(board)["weak"] == {MOSI: {"corr": 0.2}, UNALIGNED: {"corr": 0.2}}
    text = board.to_markdown()
    assert r"| *reported* | weak \[2\] | – | 0.200 | 0.200 |" in text
    assert rf"- \[2\] A 2020 (on {MOSI}, {UNALIGNED}): seeds: 5." in text


def test_markdown_has_the_rows_of_primary_metrics_below_chance_with_their_sources(board: Leaderboard) -> None:
    lines = board.to_markdown().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert [line.split(" | ")[1] for line in table[-3:]] == ["*chance*", r"strong \[1\]", r"weak \[2\]"]
    assert table[-2:] == [r"| *reported* | strong \[1\] | 0.900 |", r"| *reported* | weak \[2\] | 0.200 |"]
    assert r"- \[1\] B 2021: on test." in lines
    assert any("test split" in line and "no rank" in line for line in lines)
    assert "- 1 reported row has other metrics alone: see scores.csv, or the page with such a metric chosen." in lines


def test_the_long_form_has_every_number_with_its_citation(board: Leaderboard) -> None:
    rows = [row for row in csv.DictReader(io.StringIO(board.to_csv())) if row["kind"] == "reported"]
    assert [(row["model"], row["metric"], row["value"], row["citation"], row["note"]) for row in rows] == [
        ("strong", "corr", "0.9", "B 2021", "on test"),
        ("strong", "mae", "0.7", "B 2021", ""),
        ("weak", "corr", "0.2", "A 2020", "seeds: 5"),
        ("other metric", "acc2_posneg", "0.85", "B 2021", ""),
    ]
    assert {row[name] for row in rows for name in ("low", "high", "n", "rank", "run", "task_version")} == {""}
    assert {(row["state"], row["dataset"], row["split"]) for row in rows} == {("reported", "cmu-mosi", "test")}
    frame = board.to_pandas()
    assert frame[frame["kind"] == "reported"]["value"].tolist() == [0.9, 0.7, 0.2, 0.85]


def test_the_document_has_the_numbers_by_task_and_metric(board: Leaderboard) -> None:
    assert board.to_dict()["reported"][1] == {
        "kind": "reported",
        "name": "weak",
        "citation": "A 2020",
        "numbers": {MOSI: {"corr": {"value": 0.2, "note": "seeds: 5"}}},
    }


def test_latex_has_grey_rows_below_a_rule_of_their_own(board: Leaderboard) -> None:
    text = board.to_latex()
    assert "% \\usepackage{xcolor}" in text
    assert text[text.rindex("\\midrule") : text.index("\\bottomrule")].splitlines()[1:] == [
        r"\textcolor{gray}{strong {[}1{]}} & \textcolor{gray}{0.900} \\",
        r"\textcolor{gray}{weak {[}2{]}} & \textcolor{gray}{0.200} \\",
    ]
    assert "{[}2{]} A 2020: seeds: 5." in text


def test_strangers_words_stay_text(papers: Papers, tmp_path: Path) -> None:
    papers([("=<script>alert(1)</script> | b", "corr", "0.5", "[x](y) <b>& \\input{z}", "`n` $1$")])
    board = built(tmp_path / "runs")
    assert r"| =&lt;script&gt;alert(1)&lt;/script&gt; \| b \[1\] | 0.500 |" in board.to_markdown()
    assert r"\[x\](y) &lt;b&gt;&amp; \\input\{z\}: \`n\` \$1\$." in board.to_markdown()
    assert r"\input{" not in board.to_latex()
    assert "'=<script>" in board.to_csv()
    assert "<script>alert" not in board.to_html(tmp_path / "page").read_text()
