"""Ranks from intervals, and the suite score."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.leaderboards import Leaderboard, SuiteFacts
from mmbench.leaderboards.ranking import standings

Write = Callable[..., Path]


def share(value: float | None, low: float | None, high: float | None, **fields: object) -> list[dict[str, object]]:
    base = {"metric": "accuracy", "title": "accuracy", "value": value, "low": low, "high": high, "n": 100, "floor": 0.2}
    rest = {"ceiling": 1.0, "higher_is_better": True, "count": False, "definition": "share", "source": "paper"}
    return [base | rest | fields]


def test_only_an_interval_that_lies_wholly_above_costs_a_rank() -> None:
    found = standings({"a": (0.5, 0.7), "b": (0.45, 0.6), "c": (0.3, 0.48), "d": (0.1, 0.2)})
    assert {key: (one.rank, one.tied, one.place) for key, one in found.items()} == {
        "a": (1, True, 1),
        "b": (1, True, 1),
        "c": (2, False, 2),
        "d": (4, False, None),
    }
    assert [found[key].text for key in "abcd"] == ["1=", "1=", "2", "4"]


def test_touching_intervals_are_a_tie() -> None:
    assert {one.rank for one in standings({"a": (0.5, 0.7), "b": (0.3, 0.5)}).values()} == {1}


def test_a_single_model_is_not_the_best_of_anything() -> None:
    assert standings({"a": (0.5, 0.7)})["a"].place is None


def test_a_value_without_an_interval_is_not_ranked(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "bare", "easy-vqa.open", scores=share(0.9, None, None))
    write(tmp_path, "whole", "easy-vqa.open", scores=share(0.6, 0.5, 0.7))
    suite = SuiteFacts(name="s-1", title="S", tasks={"easy-vqa.open": 1})
    rows = {row.name: row for row in Leaderboard.from_runs(tmp_path, suite=suite).rows}
    assert rows["bare"].cells["easy-vqa.open"].standings == {}
    assert rows["bare"].total is not None
    assert rows["bare"].total.standing is None
    assert rows["whole"].cells["easy-vqa.open"].standings["accuracy"].rank == 1


def test_lower_is_better_turns_the_order_round(tmp_path: Path, write: Write) -> None:
    for name, value in (("good", 1.0), ("bad", 5.0)):
        scores = share(value, value - 0.5, value + 0.5, metric="mae", higher_is_better=False, ceiling=0.0, floor=None)
        write(tmp_path, name, "easy-vqa.open", scores=scores)
    rows = Leaderboard.from_runs(tmp_path).rows
    ranks = [(row.name, row.cells["easy-vqa.open"].standings["mae"].rank) for row in rows]
    assert ranks == [("good", 1), ("bad", 2)]


def test_the_suite_score_is_the_mean_gain_over_chance(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "m", "easy-vqa.open", scores=share(0.6, 0.5, 0.7))
    write(tmp_path, "m", "openmoji.t2i", scores=share(0.1, 0.0, 0.2))
    suite = SuiteFacts(name="s-1", title="S", tasks={"easy-vqa.open": 1, "openmoji.t2i": 1})
    (row,) = Leaderboard.from_runs(tmp_path, suite=suite).rows
    assert row.total is not None
    assert math.isclose(
        row.total.value or 0, ((0.6 - 0.2) / 0.8 + (0.1 - 0.2) / 0.8) / 2
    )  # below chance stays negative
    assert math.isclose(row.total.low or 0, ((0.5 - 0.2) / 0.8 + (0.0 - 0.2) / 0.8) / 2)
    assert math.isclose(row.total.high or 0, ((0.7 - 0.2) / 0.8 + (0.2 - 0.2) / 0.8) / 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"limit": 50},
        {"version": 2},
        {"status": "failed"},
        {"scores": share(0.6, 0.5, 0.7, floor=None)},
        {"scores": share(None, None, None, reason="nothing parsed")},
    ],
    ids=["partial", "another version", "failed", "no chance level", "null"],
)
def test_an_incomplete_suite_has_no_score(tmp_path: Path, write: Write, changes: dict[str, object]) -> None:
    write(tmp_path, "m", "easy-vqa.open", **{"scores": share(0.6, 0.5, 0.7), **changes})
    write(tmp_path, "m", "openmoji.t2i", scores=share(0.6, 0.5, 0.7))
    suite = SuiteFacts(name="s-1", title="S", tasks={"easy-vqa.open": 1, "openmoji.t2i": 1})
    (row,) = Leaderboard.from_runs(tmp_path, suite=suite).rows
    assert row.total is not None
    assert (row.total.value, row.total.have, row.total.of, row.total.standing) == (None, 1, 2, None)


def test_tasks_beside_a_suite_do_not_enter_its_score(board: Leaderboard) -> None:
    rows = {row.name: row for row in board.rows}
    total = rows["linear-alignment"].total
    assert total is not None
    assert total.of == 8
    assert [column.group for column in board.columns] == ["beside"] + ["suite"] * 8
