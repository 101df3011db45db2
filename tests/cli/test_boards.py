"""Boards and tables in terminals of several widths: whole names and values, whatever there is room for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from mmbench.cli import boards, output
from mmbench.leaderboards import Leaderboard
from mmbench.leaderboards.values import SuiteFacts
from tests.leaderboards.conftest import MODELS, SUITE, TASKS, write_board_runs, write_run

Narrow = Callable[[int], None]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Narrow:
    def to(width: int) -> None:
        monkeypatch.setattr(output, "console_of", lambda: Console(width=width, legacy_windows=False))
        monkeypatch.setattr(boards, "console_of", output.console_of)

    return to


def printed(found: Leaderboard, capsys: pytest.CaptureFixture[str]) -> list[str]:
    boards.board(found)
    return capsys.readouterr().out.splitlines()


def test_many_models_have_a_line_each(tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"a-model-with-a-name-{number:02d}" for number in range(18)]
    for name in names:
        write_run(tmp_path, name, "easy-vqa.open")
    narrow(80)
    lines = printed(Leaderboard.from_runs(tmp_path), capsys)
    for name in names:
        (line,) = [line for line in lines if line.startswith(name)]
        assert re.search(r"\d\.\d \[\d+\.\d, \d+\.\d\]$", line)
    assert not [line for line in lines if "…" in line]
    assert [line for line in lines if "behind the values" in line]


@pytest.mark.parametrize("suite", [SUITE, None])
@pytest.mark.parametrize("width", [80, 120])
def test_tasks_without_room_follow_below(
    tmp_path: Path,
    narrow: Narrow,
    capsys: pytest.CaptureFixture[str],
    width: int,
    suite: SuiteFacts | None,
) -> None:
    write_board_runs(tmp_path)
    narrow(width)
    lines = printed(Leaderboard.from_runs(tmp_path, suite=suite), capsys)
    text = "\n".join(lines)
    assert "…" not in text
    assert [text.count(f" {task}") for task in TASKS] == [1] * len(TASKS)
    blocks = sum(line.startswith("model ") for line in lines)
    assert blocks > 1
    assert sum(line.startswith("oracle") for line in lines) == blocks
    assert text.count("suite score") == (1 if suite else 0)


def test_what_never_fits_is_folded_and_not_cut(
    tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str]
) -> None:
    write_board_runs(tmp_path)
    narrow(40)
    assert "…" not in "".join(printed(Leaderboard.from_runs(tmp_path), capsys))


def test_few_models_have_a_column_each(tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str]) -> None:
    for name in list(MODELS)[:2]:
        for task in TASKS:
            write_run(tmp_path, name, task)
    narrow(80)
    lines = printed(Leaderboard.from_runs(tmp_path), capsys)
    found = {line.split()[0] for line in lines if line}
    assert set(TASKS) <= found
    assert [line for line in lines if "below the values" in line]


@pytest.mark.parametrize(("width", "shown"), [(80, True), (28, True), (27, False), (20, False)])
def test_last_columns_of_a_table_are_left_out_where_they_may_be(
    narrow: Narrow, capsys: pytest.CaptureFixture[str], width: int, shown: bool
) -> None:
    narrow(width)
    rows = [{"name": "a" * 8, "cost": "b" * 8, "time": "c" * 8}]
    output.table(rows, ["name", "cost", "time"], title="", as_json=False, optional=1)
    out = capsys.readouterr().out
    assert ("time" in out) == shown
    assert "name" in out
    assert "cost" in out
