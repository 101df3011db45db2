"""Boards and tables in terminals of several widths: whole names and values, whatever there is room for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from mmbench.cli import boards, tables
from mmbench.leaderboards import Leaderboard
from mmbench.leaderboards.values import SuiteFacts
from mmbench.runs.reported import reported
from tests.leaderboards.conftest import MODELS, SUITE, TASKS, write_board_runs, write_mosi_run, write_run

Narrow = Callable[[int], None]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Narrow:
    def to(width: int) -> None:
        monkeypatch.setattr(tables, "console_of", lambda: Console(width=width, emoji=False))
        monkeypatch.setattr(boards, "console_of", tables.console_of)

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


def test_names_in_brackets_are_no_markup(tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str]) -> None:
    task = "photos[bold].t2i"
    folder = write_run(tmp_path, "a[red]b", "easy-vqa.open")
    for name in ("run.json", "scores.json"):
        (folder / name).write_text((folder / name).read_text().replace("easy-vqa.open", task))
    for width in (120, 30):
        narrow(width)
        lines = printed(Leaderboard.from_runs(tmp_path), capsys)
        assert "a[red]b" in "".join(lines)
        assert task in "".join(lines)
    tables.print_table([{"x": ":heart: [red]"}], ["x"], title="of [bold] things")
    assert capsys.readouterr().out.split() == ["of", "[bold]", "things", "x", ":heart:", "[red]"]


def test_few_models_have_a_column_each(tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str]) -> None:
    for name in list(MODELS)[:2]:
        for task in TASKS:
            write_run(tmp_path, name, task)
    narrow(80)
    lines = printed(Leaderboard.from_runs(tmp_path), capsys)
    found = {line.split()[0] for line in lines if line}
    assert set(TASKS) <= found
    assert [line for line in lines if "below the values" in line]


@pytest.mark.parametrize(("width", "shown"), [(120, False), (60, True)])
def test_numbers_from_papers_have_a_line_each_where_models_do_and_are_counted_otherwise(
    tmp_path: Path, narrow: Narrow, capsys: pytest.CaptureFixture[str], width: int, shown: bool
) -> None:
    for name in ("ours", "other"):
        write_mosi_run(tmp_path, name, 0.6)
    narrow(width)
    lines = printed(Leaderboard.from_runs(tmp_path), capsys)
    found = [line for line in lines if "(reported)" in line]
    keys = ("corr",) if shown else ("corr", "mae", "acc2_posneg")
    rows = len({one.name for one in reported("cmu-mosi") if one.metric in keys})
    assert len(found) == (rows if shown else 0)
    assert all(re.search(r" 0\.\d\d\d$", line) for line in found)
    said = (
        "Reported rows are other people's numbers" if shown else f"Not shown: {rows} reported rows, numbers from papers"
    )
    assert [line for line in lines if said in line]


WIDE_ROWS = [
    {"name": "question-answering", "title": "twelveletter some words", "kind": "multidimensionals", "count": 5}
]


@pytest.mark.parametrize(
    ("width", "fold", "left_out"),
    [
        (80, True, ""),
        (69, False, ""),
        (68, False, "count"),
        (58, True, ""),  # lines end between words
        (56, True, ""),  # letters of "multidimensionals" go over
        (55, True, "count"),
        (48, True, "kind, count"),
        (12, True, "kind, count"),
    ],
)
def test_columns_without_room_are_left_out_and_named(
    narrow: Narrow, capsys: pytest.CaptureFixture[str], width: int, fold: bool, left_out: str
) -> None:
    narrow(width)
    tables.print_table(WIDE_ROWS, list(WIDE_ROWS[0]), title="", optional=2, fold=fold)
    out = capsys.readouterr().out
    assert out.count(f"Without {left_out}: a wider terminal") == bool(left_out)
    assert "…" not in out
    lines = [line for line in out.splitlines() if not line.startswith("Without")]
    assert all(len(line) <= width for line in lines)
    if width > 20:
        assert "question-answering" in out
    letters = sum(map(str.isalpha, "".join(lines)))
    kept = [name for name in WIDE_ROWS[0] if name not in left_out]
    assert letters == sum(map(str.isalpha, "".join(f"{name}{WIDE_ROWS[0][name]}" for name in kept)))


def test_lines_end_behind_hyphens_and_where_the_text_has_them(
    narrow: Narrow, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow(30)
    rows = [{"key": "question-answering", "kind": "question-answering"}, {"key": "a", "kind": "a 3/4-time\nnext"}]
    tables.print_table(rows, ["key", "kind"], title="")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "key                 kind",
        "question-answering  question-",
        "                    answering",
        "a                   a 3/4-time",
        "                    next",
    ]
