"""Numbers as text, and the board as Markdown, LaTeX, CSV, data frame and JSON."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.leaderboards import Leaderboard
from mmbench.leaderboards.latex import escape as latex_escape
from mmbench.numbers import NONE, number
from mmbench.wording import escape_markdown

HOSTILE = "blind <script>alert(1)</script> | b"
Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1718, "%", "17.2"),
        (-0.0001, "%", "0.0"),
        (0.4236, "", "0.424"),
        (-0.031, "", "-0.031"),
        (12.5, "", "12.5"),
        (197.5, "", "198"),
        (None, "%", NONE),
    ],
)
def test_numbers_follow_one_rule(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_the_unit_stands_in_the_head(board: Leaderboard) -> None:
    units = {measure.key: measure.heading for column in board.columns for measure in column.measures}
    assert units == {
        "hit@1": "hit@1 ↑ %",
        "hit@5": "hit@5 ↑ %",
        "hit@10": "hit@10 ↑ %",
        "median_rank": "median rank ↓",
        "accuracy": "accuracy ↑ %",
        "corr": "corr ↑",
        "mae": "mae ↓",
    }


def rows_of(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[field.strip() for field in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_markdown_row_has_every_column(board: Leaderboard) -> None:
    table = rows_of(board.to_markdown())
    assert {len(fields) for fields in table} == {3 + len(board.columns)}
    names = {fields[1] for fields in table}
    assert {"*samples*", "*chance*", "*best possible*", "oracle", "random"} <= names


def test_markdown_shows_interval_place_and_gaps(board: Leaderboard) -> None:
    table = {fields[1]: fields for fields in rows_of(board.to_markdown())}
    ours, other = table["linear-alignment"], table[r"open\_clip:ViT-B-32"]
    assert ours[0] == "1"
    assert re.fullmatch(r"\*\*\d\d\.\d\*\* \[\d\d\.\d, \d\d\.\d\]", ours[4])
    assert ours[6].endswith(" !")
    assert other[2] == f"{NONE} 1/8"
    assert other[5].startswith("<u>")
    assert table["constant"][-1] == NONE


def test_markdown_says_what_a_reader_must_know(board: Leaderboard) -> None:
    text = board.to_markdown()
    assert "says nothing about a model's quality." in text
    assert "(value - floor) / (1 - floor)" in text
    assert f"{NONE} constant on openmoji-sentiment.regression: every prediction is the same number." in text
    assert "Emoji designed by OpenMoji (openmoji.org). Licence: CC-BY-SA-4.0." in text
    assert "This is mmbench, not OpenCompass' MMBench." in text


def test_markdown_takes_strangers_names_for_text(board: Leaderboard) -> None:
    assert "<script" not in board.to_markdown()
    assert r"blind &lt;script&gt;alert(1)&lt;/script&gt; \| b" in board.to_markdown()
    assert escape_markdown("a\n| [x](y) `z` *b*") == r"a \| \[x\](y) \`z\` \*b\*"


def test_latex_is_balanced_and_escaped(board: Leaderboard) -> None:
    text = board.to_latex()
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {1 + len(board.columns)}
    assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text))
    assert r"\textbf{" in body
    assert r"\underline{" in body
    assert r"\textless{}script\textgreater{}" in body
    assert latex_escape(r"a\b_{c}% #1 & $x ~^") == (
        r"a\textbackslash{}b\_\{c\}\% \#1 \& \$x \textasciitilde{}\textasciicircum{}"
    )


def test_csv_holds_every_score_of_every_run(board: Leaderboard, tmp_path: Path) -> None:
    text = board.to_csv(tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text() == text
    rows = list(csv.DictReader(io.StringIO(text)))
    (hit,) = [
        row
        for row in rows
        if (row["model"], row["task"], row["metric"]) == ("linear-alignment", "openmoji.a2t", "hit@1")
    ]
    assert 0 < float(hit["low"]) < float(hit["value"]) < float(hit["high"]) < 1
    assert (hit["n"], hit["n_errors"], hit["rank"], hit["state"], hit["task_version"]) == (
        "395",
        "3",
        "1",
        "ranked",
        "1",
    )
    assert hit["run"]
    assert hit["fingerprint"] == "openmoji-0123456789abcdef"
    (null,) = [row for row in rows if row["model"] == "constant" and row["metric"] == "corr"]
    assert (null["value"], null["reason"]) == ("", "every prediction is the same number")
    (failed,) = [row for row in rows if row["state"] == "failed"]
    assert (failed["model"], failed["value"]) == ("open_clip:ViT-B-32", "")


def test_csv_holds_no_formula(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "=cmd()", "openmoji.t2i")
    rows = list(csv.DictReader(io.StringIO(Leaderboard.from_runs(tmp_path).to_csv())))
    assert {row["model"] for row in rows} == {"'=cmd()"}


def test_the_data_frame_is_the_long_form(board: Leaderboard) -> None:
    frame = board.to_pandas()
    one = frame[(frame["model"] == HOSTILE) & (frame["task"] == "easy-vqa.open")]
    assert one["metric"].tolist() == ["accuracy"]
    assert one["kind"].tolist() == ["floor"]


def test_the_document_is_strict_json(board: Leaderboard) -> None:
    found = board.to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert [row["name"] for row in found["rows"]] == [row.name for row in board.rows]
