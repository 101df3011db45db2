"""A comparison as a table: its order, its ties, what is not ranked, and that names from outside stay text."""

import json
import re
from typing import Any

import pytest

from mmbench.fusion.report.table import (
    COSTS,
    at_budgets,
    by_budget,
    gains,
    legend,
    markdown,
    ordered,
    ranks,
    rows_for_terminal,
    subset_titles,
)
from mmbench.numbers import NONE
from tests.fusion.made_up import FLOORS, METHODS, results

HOSTILE = "<b>x</b> | [y](z) *w*\nnext"


def lines(text: str) -> list[list[str]]:
    """The cells of the Markdown table's rows, without its head."""
    found = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in found[2:]]


def renamed(found: dict[str, Any], name: str, new: str) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(found).replace(json.dumps(name), json.dumps(new)))
    return changed


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_rows_go_from_best_to_worst_and_reported_ones_come_last(higher_is_better: bool) -> None:
    rows = ordered(results(higher_is_better=higher_is_better))
    values = [row["value"] for row in rows if row["kind"] != "reported"]
    assert values == sorted(values, reverse=higher_is_better)
    assert [row["kind"] for row in rows[-2:]] == ["reported", "reported"]
    assert len(rows) == len(METHODS) + len(FLOORS) + 2


def test_a_row_without_a_value_is_the_last_of_its_kind() -> None:
    found = results()
    found["rows"][0] |= {"value": None, "low": None, "high": None}
    assert ordered(found)[-3]["name"] == METHODS[0]
    assert rows_for_terminal(found)[-3]["accuracy ↑ %"] == NONE


def test_a_shared_group_is_a_tie_and_floors_and_reported_rows_have_no_rank() -> None:
    found = ranks(results())
    assert [found[name] for name in METHODS[:4]] == ["1=", "1=", "1=", "2="]
    assert found[METHODS[-1]] == "5"
    assert found["majority"] == found["MulT (a suite)"] == NONE


def test_a_group_on_a_row_that_is_no_method_is_not_ranked() -> None:
    found = results()
    found["rows"][-1]["group"] = 5
    assert ranks(found)[METHODS[-1]] == "5"
    assert ranks(found)[found["rows"][-1]["name"]] == NONE


def test_markdown_has_every_row_with_value_interval_and_difference() -> None:
    rows = lines(markdown(results() | {"sensitivity": None}))
    assert rows[0][:3] == ["1=", "mutan", "87.4 [86.5, 88.3]"]
    by_name = {row[1]: row for row in rows}
    assert by_name["concat"][:3] == ["4=", "concat", "73.6 [72.7, 74.5]"]
    assert by_name["concat"][4] == "**+2.4** [+1.4, +3.4]"
    assert by_name["linear-sum"][4] == "+0.7 [-0.3, +1.7]"
    assert by_name["majority"] == ["*floor*", "majority", "36.9 [35.9, 37.9]", NONE, NONE, "0", NONE, NONE]
    assert by_name["TFN (a suite) (Somebody 2021, table 3)"][0] == "*reported*"
    assert len(rows) == 19


def test_markdown_says_what_is_compared_and_what_it_is_not() -> None:
    text = markdown(results())
    assert "13 fusion methods on easy-VQA, open answers, judged by accuracy." in text
    assert "Each trained model read the test rows once." in text
    assert "says nothing about a model's quality. (easy-vqa)" in text
    assert text.endswith("This is mmbench, not OpenCompass' MMBench.\n")


def test_a_second_look_at_the_test_rows_is_named() -> None:
    found = results()
    found["rows"][2]["test_reads"] = 2
    assert f"read more than once by a trained model of: {METHODS[2]}." in markdown(found)


def test_one_seed_is_not_said_to_be_covered() -> None:
    found = results()
    found["protocol"]["seeds"] = [0]
    text = markdown(found)
    assert "and of seeds" not in text
    assert "and 1 seed." in text
    assert "interval of test items. ±" in legend(found)
    assert "interval of test items and seeds. ±" in legend(results())


def test_hostile_names_stay_in_their_cell() -> None:
    text = markdown(renamed(results(), "mutan", HOSTILE))
    assert "<b>" not in text
    assert lines(text)[0][1] == r"&lt;b&gt;x&lt;/b&gt; \| \[y\](z) \*w\* next"


def test_terminal_rows_share_their_keys_and_say_who_wins() -> None:
    rows = rows_for_terminal(results())
    assert len({tuple(row) for row in rows}) == 1
    assert tuple(rows[0])[-len(COSTS) :] == COSTS
    assert rows[0]["rank"] == "1="
    assert rows[0]["over the best floor"] == "+16.2 [+15.2, +17.2] wins"
    assert rows[-1]["rank"] == "reported"


def test_other_budgets_follow_the_table() -> None:
    heads, first, *_ = at_budgets(results())
    assert heads == ("method", "25,000 parameters", "50,000 parameters", "100,000 parameters")
    assert first[0] == METHODS[0]
    text = markdown(results())
    assert f"| {' | '.join(heads)} |" in text
    assert [*first] in lines(text)
    alone = results() | {"sensitivity": None}
    assert at_budgets(alone) == []
    assert "other budgets" not in markdown(alone)


def test_the_comparison_stands_among_its_other_budgets() -> None:
    found = results()
    columns = by_budget(found)
    assert [budget for budget, _ in columns] == [25_000, 50_000, 100_000]
    assert [row["name"] for row in columns[1][1]] == list(METHODS)
    found["sensitivity"] = None
    assert by_budget(found) == []


@pytest.mark.parametrize(
    ("values", "higher_is_better", "parts"),
    [
        ({"": 0.5, "a": 0.5, "b": 0.5, "a+b": 1.0}, True, {"a": 0.0, "b": 0.0, "cooperation": 0.5}),  # exclusive or
        ({"": 0.2, "a": 0.5, "b": 0.4, "a+b": 0.7}, True, {"a": 0.3, "b": 0.2, "cooperation": 0.0}),  # additive
        ({"": 0.5, "a": 0.9, "b": 0.9, "a+b": 0.9}, True, {"a": 0.4, "b": 0.4, "cooperation": -0.4}),  # the same twice
        ({"": 1.0, "a": 0.6, "b": 0.9, "a+b": 0.4}, False, {"a": 0.4, "b": 0.1, "cooperation": 0.1}),  # an error
    ],
)
def test_gains_alone_and_cooperation_add_up(
    values: dict[str, float], higher_is_better: bool, parts: dict[str, float]
) -> None:
    found = results()
    found["measure"]["higher_is_better"] = higher_is_better
    found["rows"] = found["rows"][:1]
    found["rows"][0]["analyses"]["subsets"] = values
    found["rows"][0]["analyses"]["shape"]["empty"] = values[""]
    assert gains(found)[METHODS[0]] == pytest.approx(parts)


def test_subsets_have_readable_names() -> None:
    assert subset_titles(["", "a", "b", "a+b"]) == ["nothing", "a", "b", "a + b"]
    assert subset_titles(["", "a", "a+b", "a+b+c"]) == ["nothing", "a", "a + b", "all"]
