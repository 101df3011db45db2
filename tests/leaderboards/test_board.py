"""Which run stands where, who is ranked with whom, and what is said about it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.leaderboards import Leaderboard, SuiteFacts
from mmbench.leaderboards.values import Cell

Write = Callable[..., Path]
TASK = "openmoji.t2i"


def cell(board: Leaderboard, name: str, task: str = TASK) -> Cell:
    (found,) = [row.cells[task] for row in board.rows if row.name == name]
    return found


def test_a_folder_without_runs_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no finished run in .*mmbench evaluate"):
        Leaderboard.from_runs(tmp_path)
    with pytest.raises(UserError, match="There is no folder"):
        Leaderboard.from_runs(tmp_path / "nowhere")


def test_runs_outside_the_suite_are_counted_or_refused(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", "easy-vqa.open")
    with pytest.raises(UserError, match="None of the 1 runs belongs to the suite s-1"):
        Leaderboard.from_runs(tmp_path, suite=SuiteFacts(name="s-1", title="S", tasks={TASK: 1}))
    write(tmp_path, "m", TASK)
    board = Leaderboard.from_runs(tmp_path, suite=SuiteFacts(name="s-1", title="S", tasks={TASK: 1}))
    assert board.outside == 1
    assert "1 runs of tasks outside s-1 are not shown" in board.to_markdown()


def test_several_folders_make_one_board_and_no_run_counts_twice(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "a", "one", TASK)
    write(tmp_path / "b", "two", TASK)
    board = Leaderboard.from_runs([tmp_path / "a", str(tmp_path / "b"), tmp_path])
    assert sorted(row.name for row in board.rows) == ["one", "two"]
    assert cell(board, "one").left_out == ()


def test_rows_come_as_ceilings_models_floors_from_best_to_worst(board: Leaderboard) -> None:
    kinds = [row.kind for row in board.rows]
    assert kinds == sorted(kinds, key=["ceiling", "model", "floor"].index)
    assert [row.name for row in board.rows][:2] == ["oracle", "linear-alignment"]


def test_without_a_suite_there_is_a_column_per_task_and_no_score(runs: Path) -> None:
    board = Leaderboard.from_runs(runs)
    assert [column.task for column in board.columns] == sorted(column.task for column in board.columns)
    assert all(row.total is None for row in board.rows)


def test_a_suite_without_a_score_keeps_its_columns_and_title(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", TASK)
    suite = SuiteFacts(name="s-1", title="Error rates", tasks={"x.y": 1, TASK: 1}, scored=False)
    board = Leaderboard.from_runs(tmp_path, suite=suite)
    assert [column.task for column in board.columns] == ["x.y", TASK]
    assert [row.total for row in board.rows] == [None]
    assert board.title == "Error rates"
    assert "suite score" not in board.to_markdown() + board.to_html(tmp_path / "page").read_text().split("<script")[0]


def test_a_suite_shows_the_tasks_that_nobody_ran(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", TASK)
    board = Leaderboard.from_runs(
        tmp_path, suite=SuiteFacts(name="s-1", title="S", tasks={"x.y": 1, TASK: 1}, beside=("z",))
    )
    assert [(column.task, column.n) for column in board.columns] == [("x.y", None), (TASK, 395)]
    assert cell(board, "m", "x.y").reason("") == "no run of this task"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": 100, "n": 96}, "not ranked: partial: 96 samples (--limit 100)"),
        ({"version": 2}, "not ranked: task version 1, the column is version 2"),
        ({"fingerprint": "ffff"}, "not ranked: another dataset fingerprint"),
        ({"protocol": {"similarity": "dot", "gallery": "distinct content"}}, "not ranked: another similarity"),
        ({"seed": 7}, "not ranked: another seed"),
        ({"metric": "metric()@2"}, "not ranked: another metric"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_rows_that_differ_in_protocol_are_never_ranked_together(
    tmp_path: Path, write: Write, changes: dict[str, object], said: str
) -> None:
    names = ("a", "b", "odd")
    for name in names:
        # a newer version is the column's own, so there the two older runs are the odd ones
        write(tmp_path, name, TASK, **(changes if (name == "odd") != ("version" in changes) else {}))
    board = Leaderboard.from_runs(tmp_path)
    odd = cell(board, "odd")
    assert odd.state == "apart"
    assert [mark.text for mark in odd.marks] == [said]
    assert odd.standings == {}
    assert cell(board, "a").standings["hit@10"].tied
    assert f"† odd on {TASK}: {said}".replace("_", r"\_") in board.to_markdown()


def test_batch_size_is_not_part_of_the_protocol(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "a", TASK, batch_size=8)
    write(tmp_path, "b", TASK, batch_size=64)
    board = Leaderboard.from_runs(tmp_path)
    assert cell(board, "a").state == cell(board, "b").state == "comparable"


def test_only_partial_runs_rank_nobody(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "a", TASK, limit=100)
    board = Leaderboard.from_runs(tmp_path)
    assert cell(board, "a").state == "apart"
    assert board.columns[0].protocol is None


def test_the_newest_of_several_runs_is_shown_and_said(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", TASK, finished="2026-11-20T10:00:00+00:00")
    newest = write(tmp_path, "m", TASK, finished="2026-11-21T10:00:00+00:00").name
    partial = write(tmp_path, "m", TASK, finished="2026-11-22T10:00:00+00:00", limit=100).name
    found = cell(Leaderboard.from_runs(tmp_path), "m")
    assert found.run is not None
    assert found.run.id == newest
    assert found.left_out[0] == f"the newest of 2 runs, {newest}, is shown"
    assert found.left_out[1].startswith(f"run {partial} is not shown (partial:")


def test_failed_and_unfinished_runs_are_listed_and_not_scored(board: Leaderboard) -> None:
    assert [(one.model, one.task, one.status) for one in board.unscored] == [
        ("open_clip:ViT-B-32", "openmoji.i2t", "failed"),
        ("open_clip:ViT-B-32", "openmoji.a2t", "not finished"),
    ]
    failed = cell(board, "open_clip:ViT-B-32", "openmoji.i2t")
    assert failed.score("hit@10") is None
    assert failed.reason("hit@10") == "the run failed"


def test_a_damaged_record_without_scores_is_listed(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", TASK)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "run.json").write_text("{")
    assert [one.status for one in Leaderboard.from_runs(tmp_path).unscored] == ["run.json is damaged"]


def test_floors_and_ceilings_are_never_ranked(board: Leaderboard) -> None:
    for row in board.rows:
        if row.kind != "model":
            assert all(not found.standings for found in row.cells.values())
            assert row.total is None or row.total.standing is None


def test_marks_tell_of_differing_data_and_errors(board: Leaderboard) -> None:
    data = cell(board, "linear-alignment-small", "openmoji.a2i").marks
    assert [mark.sign for mark in data] == ["†", "‡"]
    (errors,) = cell(board, "linear-alignment", "openmoji.a2t").marks
    assert errors.text.startswith("3 of 395 samples failed")


def test_a_row_on_data_with_an_open_failure_is_marked(board: Leaderboard) -> None:
    (mark,) = cell(board, "linear-alignment", "easy-vqa.open").marks
    assert (mark.sign, mark.text) == ("‡", "an alignment check of the data fails: cross-split-leakage")


@pytest.mark.parametrize(
    ("card", "exposure"),
    [
        ({"training_datasets": ["openmoji"]}, "trained on"),
        ({"training_datasets": [], "fitted_on": "openmoji train"}, "trained on"),
        ({"training_datasets": ["laion2b"]}, "zero-shot"),
        ({"training_datasets": []}, "zero-shot"),
        ({"training_datasets": None}, "unknown"),
        ({"training_datasets": None, "fitted_on": "openmoji-sentiment all"}, "unknown"),
    ],
)
def test_unknown_training_data_is_never_called_zero_shot(
    tmp_path: Path, write: Write, card: dict[str, object], exposure: str
) -> None:
    write(tmp_path, "m", TASK, card=card)
    assert cell(Leaderboard.from_runs(tmp_path), "m").exposure == exposure


def test_configurations_are_rows_of_their_own_with_names_that_tell_them_apart(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", TASK, config={"size": 1})
    write(tmp_path, "m", TASK, config={"size": 2})
    assert sorted(row.label for row in Leaderboard.from_runs(tmp_path).rows) == ["m (1; size=1)", "m (1; size=2)"]


def test_importing_boards_loads_neither_pandas_nor_jinja() -> None:
    code = "import sys, mmbench.leaderboards; print({'pandas', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
