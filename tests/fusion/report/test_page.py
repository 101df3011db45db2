"""The page of a comparison: one file that asks for nothing, where names stay text and everything that was found can be seen."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mmbench.fusion.report.page import page
from mmbench.fusion.report.plots import Plot
from mmbench.fusion.report.sections import budgets, matrix, pairs
from mmbench.numbers import MINUS
from tests.fusion.made_up import FLOORS, METHODS, results

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0"),
    *("--virtual-time-budget=3000", "--dump-dom"),
)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
SECTIONS = ["protocol", "results", "pairs", "plots", "analyses", "budgets", "methods", "notes"]
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="{}"/></svg>'
PLOT = Plot("scores", "Scores", "A caption.", "What it shows.", SQUARE.format("#000"), SQUARE.format("#fff"))


@pytest.fixture(scope="module")
def text() -> str:
    return page(results(), [PLOT])


def renamed(found: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(found).replace(json.dumps(old), json.dumps(new)))
    return changed


def sections(text: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', text)


def table_rows(text: str) -> list[tuple[str, str]]:
    """Kind and text of the rows of the table of results."""
    (table,) = re.findall(r'<table class="results">(.*?)</table>', text, re.DOTALL)
    found = re.findall(r'<tr class="(\w+)">(.*?)</tr>', table, re.DOTALL)
    return [(kind, " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())) for kind, row in found]


def test_every_section_is_there_and_every_link_leads_to_one(text: str) -> None:
    assert sections(text) == SECTIONS
    links = re.findall(r'href="([^"]*)"', text)
    assert links
    assert all(link.removeprefix("#") in SECTIONS for link in links)


def test_the_page_asks_for_nothing_and_runs_nothing(text: str) -> None:
    assert not re.search(r"<(?:script|link|iframe|object|embed|video|audio|base|form)\b", text)
    assert not re.search(r"@import|url\(|javascript:|\son\w+\s*=|\sstyle\s*=", text)
    sources = re.findall(r'\b(?:src|srcset)="([^"]*)"', text)
    assert len(sources) == 2
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_the_policy_allows_the_pages_own_style_and_pictures_inside_it(text: str) -> None:
    policy = html.unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[0])
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[0] == "default-src 'none'"
    assert "img-src data:" in policy.split("; ")
    assert policy.endswith(f"style-src 'sha256-{digest}'")


@pytest.mark.parametrize(
    "old", ["mutan", "image", "easy-VQA, open answers", "Somebody 2021, table 3", "learning_rate", "frozen-features"]
)
def test_strangers_words_stay_text(old: str) -> None:
    found = page(renamed(results(), old, HOSTILE), [PLOT])
    assert "<script" not in found
    assert "onerror=alert(2)>" not in found
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found


def test_every_row_is_in_the_table_with_its_place(text: str) -> None:
    rows = table_rows(text)
    assert len(rows) == len(METHODS) + len(FLOORS) + 2
    assert rows[0][0] == "method"
    assert rows[0][1].startswith("1= mutan mutan fusion 87.4 [86.5, 88.3] 0.4 +16.2 [+15.2, +17.2]")
    assert [row.split()[0] for kind, row in rows if kind == "method"][:4] == ["1=", "1=", "1=", "2="]
    assert {row.split()[0] for kind, row in rows if kind != "method"} == {"–"}
    assert rows[-1][0] == "reported"
    assert "Somebody 2021, table 3; other features; settings chosen on test" in rows[-1][1]


def test_only_a_win_is_bold(text: str) -> None:
    cells = re.findall(rf"<td>(<b>)?([+{MINUS}]\d+\.\d)(?:</b>)? <span", text)
    assert cells[:1] == [("<b>", "+16.2")]
    assert ("", "+0.7") in cells
    assert ("", f"{MINUS}3.0") in cells


def test_the_page_says_what_the_boards_say(text: str) -> None:
    said = html.unescape(text)
    assert "This is mmbench, not OpenCompass' MMBench." in said
    assert "says nothing about a model's quality. (easy-vqa)" in said
    assert "cover the choice of test items and of seeds" in said


def test_details_hold_settings_equation_paper_and_the_search(text: str) -> None:
    said = html.unescape(text)
    for words in (
        "learning rate 0.001, weight decay 0.0001",
        "z = sum_r (M_r q) * (N_r v)",
        "arXiv 1700.00000",
        "settings tried",
    ):
        assert words in said
    assert text.count('<details class="method">') == len(METHODS) + len(FLOORS)


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_matrix_is_its_own_mirror(higher_is_better: bool) -> None:
    found = matrix(results(higher_is_better=higher_is_better))
    assert found is not None
    cells = {
        (row, column): cell for row, line in found["lines"] for column, cell in zip(found["names"], line, strict=True)
    }
    assert cells["mutan", "tfn"]["class"] == "better"
    assert cells["tfn", "mutan"]["class"] == "worse"
    assert cells["mutan", "mfb"]["class"] == cells["mfb", "mutan"]["class"] == "tied"
    assert cells["mutan", "tfn"]["text"][0] == ("+" if higher_is_better else MINUS)
    for (row, column), cell in cells.items():
        mirrored = cells[column, row]["text"].translate(str.maketrans({"+": MINUS, MINUS: "+"}))
        assert cell["text"] == mirrored


def test_every_pair_has_its_interval_and_both_p_values() -> None:
    found = pairs(results())
    assert found is not None
    assert len(found.rows) == 17 * 16 // 2
    assert found.rows[0] == ("mutan against mfb", "+1.1", "[+0.1, +2.1]", "0.200", "1.000", "–")
    assert found.rows[1][-3:] == ("< 0.001", "< 0.001", "mutan")


def test_budgets_show_the_tie_group_of_each() -> None:
    found = budgets(results())
    assert found is not None
    assert found.heads == ("method", "25,000 parameters", "50,000 parameters", "100,000 parameters")
    assert found.rows[0][2] == "87.4 [86.5, 88.3] #1"


def test_a_comparison_with_nothing_but_values_has_a_page() -> None:
    found = results()
    empty = (
        "per_seed",
        "sd",
        "valid",
        "expected_best",
        "group",
        "wins",
        "versus_floor",
        "cost",
        "run",
        "analyses",
        "low",
        "high",
    )
    for row in found["rows"]:
        row |= dict.fromkeys(empty)
        row["config"] = None
    found |= {"pairs": [], "sensitivity": None, "notes": []}
    found["measure"]["chance"] = None
    found["data"]["toy"] = False
    for row in found["rows"]:
        row["note"] = None
    text = page(found, [])
    assert sections(text) == ["protocol", "results", "plots", "methods"]
    assert "None" not in text
    assert len(table_rows(text)) == len(found["rows"])


def test_the_same_results_give_the_same_page(text: str) -> None:
    assert page(results(), [PLOT]) == text


def test_without_matplotlib_the_page_says_how_to_get_the_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = html.unescape(page(results()))
    assert "The plots need matplotlib: pip install 'mmbench[fusion]'" in text
    assert "<img" not in text


@pytest.mark.skipif(BROWSER is None, reason=f"no browser found (looked for {', '.join(BROWSERS)})")
def test_a_browser_complains_of_nothing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "page.html"
    target.write_text(page(renamed(results(), "mutan", HOSTILE)), encoding="utf-8")
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", target.as_uri()]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [line for line in found.stderr.splitlines() if "CONSOLE" in line or "Uncaught" in line] == []
    assert found.stdout.count("<figure") == 7
