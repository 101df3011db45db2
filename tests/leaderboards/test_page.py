"""The HTML page: one file, nothing from strangers runs in it, and a browser draws, sorts and filters it."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from mmbench.leaderboards import Leaderboard
from mmbench.leaderboards.page import json_for_html
from tests.leaderboards.conftest import MOSI, write_mosi_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0"),
    *("--virtual-time-budget=3000", "--dump-dom"),
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason=f"no browser found (looked for {', '.join(BROWSERS)})")
Open = Callable[..., str]


@pytest.fixture
def page(board: Leaderboard, tmp_path: Path) -> Path:
    return board.to_html(tmp_path / "board")


@pytest.fixture
def browse(page: Path, tmp_path: Path) -> Open:
    """Open the page with a state in the address and give the drawn document; any complaint of the browser fails."""
    return partial(opened, page, tmp_path / "profile")


def opened(page: Path, profile: Path, script: str = "", **state: str) -> str:
    target = page
    if script:  # the page's policy forbids scripts that are not its own, so the test takes the policy out
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
        target = page.with_name("scripted.html")
        target.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
    address = f"{target.as_uri()}#{urlencode(state)}"
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={profile}", address]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    complaints = [line for line in found.stderr.splitlines() if "CONSOLE" in line or "Uncaught" in line]
    assert complaints == []
    return found.stdout


def models(dom: str, kind: str = "model") -> list[str]:
    found = re.findall(r'<tr class="(\w+)" data-model="([^"]*)"', dom)
    return [html.unescape(name) for row_kind, name in found if row_kind == kind]


def test_the_page_asks_for_nothing(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<(?:link|img|iframe|object|embed|video|audio|source|base)\b", text)
    assert not re.search(r"\bsrc\s*=|@import|url\(|fetch\(|XMLHttpRequest|\bimport\s*\(|https?://", text)
    assert sorted(path.name for path in page.parent.iterdir()) == ["board.json", "index.html", "scores.csv"]


def test_the_policy_allows_only_the_pages_own_style_and_script(page: Path) -> None:
    text = page.read_text()
    policy = html.unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[0])
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_strangers_names_stay_text(page: Path, board: Leaderboard) -> None:
    text = page.read_text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert [row["name"] for row in json.loads(data)["rows"]] == [row.name for row in board.rows]
    assert json_for_html({"a": "</script>\u2028"}) == '{"a":"\\u003c/script\\u003e\\u2028"}'


def test_without_script_the_table_is_there(page: Path) -> None:
    text = re.sub(r"<script.*?</script>", "", page.read_text(), flags=re.DOTALL)
    assert re.search(r"linear-alignment</th>\s*<td>\d\d\.\d</td><td>\d\d\.\d \[\d\d\.\d, \d\d\.\d\]</td>", text)
    assert "This is mmbench, not OpenCompass&#39; MMBench." in text
    assert "says nothing about a model&#39;s quality" in text


def test_the_same_runs_give_the_same_bytes(runs: Path, tmp_path: Path) -> None:
    pages = [Leaderboard.from_runs(runs).to_html(tmp_path / name).read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


@needs_browser
def test_a_browser_draws_the_board_from_best_to_worst(browse: Open) -> None:
    dom = browse()
    assert models(dom)[0] == "linear-alignment"
    assert models(dom, "floor")[1] == "blind <script>alert(1)</script> | b"
    assert "9 of 9 rows, ranked by suite score." in dom


@needs_browser
@pytest.mark.parametrize("metric", ["hit@10", "median_rank"])
def test_the_address_sorts_and_chooses_the_metric(browse: Open, board: Leaderboard, metric: str) -> None:
    values = {row.name: row.cells["openmoji.t2i"].score(metric) for row in board.rows if row.kind == "model"}
    expected = sorted(values, key=lambda name: getattr(values[name], "value", None) or 0.0)
    dom = browse(**{"sort": "openmoji.t2i", "dir": "asc", "metric.openmoji.t2i": metric})
    assert models(dom) == expected
    assert re.search(r'aria-sort="ascending"><button[^>]*data-sort="openmoji.t2i"', dom)


@needs_browser
def test_unranked_values_come_after_ranked_ones_and_nulls_last(browse: Open) -> None:
    assert models(browse(sort="openmoji.i2a", dir="asc"))[:2] == ["linear-alignment", "linear-alignment-small"]
    assert models(browse(sort="openmoji-sentiment.regression", dir="asc"), "floor")[2:] == ["constant", "majority"]


@needs_browser
def test_the_address_filters(browse: Open) -> None:
    dom = browse(q="linear small", hide="floor,ceiling")
    assert models(dom) == ["linear-alignment-small"]
    assert models(dom, "floor") == models(dom, "ceiling") == []
    assert "No row matches the filter." in browse(q="nobody")


@needs_browser
def test_every_detail_opens_and_sorting_writes_the_address(browse: Open) -> None:
    script = """
      let opened = 0;
      for (const button of document.querySelectorAll(".cell, .name")) {
        button.click();
        if (dialog.open && document.getElementById("detail-title").textContent) opened += 1;
        dialog.close();
      }
      const titles = [...document.querySelectorAll(".sort")];
      titles.find((one) => one.dataset.sort === "openmoji.a2t").click();
      document.title = JSON.stringify([opened, document.querySelectorAll(".cell, .name").length, location.hash]);
    """
    title = re.findall(r"<title>(.*?)</title>", browse(script))[0]
    opened, buttons, address = json.loads(html.unescape(title))
    assert opened == buttons == 9 * (1 + 1 + 9)
    assert address == "#sort=openmoji.a2t&dir=desc"


@pytest.fixture
def with_papers(papers: Callable[[Sequence[Sequence[str]]], None], tmp_path: Path) -> Callable[[int], Path]:
    """The page of a board of two models, a floor and so many rows from papers, the second of which has no corr."""

    def made(count: int) -> Path:
        metrics = ["corr", "acc2_posneg", *["corr"] * (count - 2)]
        rows = [[f"paper {i} <b>", metric, f"0.{90 - i}", "A <i>cite</i>", "note"] for i, metric in enumerate(metrics)]
        papers([*rows, ["paper 0 <b>", "acc2_posneg", "0.5", "A <i>cite</i>", "note"]])
        for name, corr in (("ours", 0.6), ("other", 0.3)):
            write_mosi_run(tmp_path / "runs", name, corr)
        write_mosi_run(tmp_path / "runs", "random", 0.01, card={"kind": "floor"})
        return Leaderboard.from_runs(tmp_path / "runs").to_html(tmp_path / "board")

    return made


def test_the_page_without_script_has_the_papers_and_no_markup_of_theirs(with_papers: Callable[[int], Path]) -> None:
    text = re.sub(r"<script.*?</script>", "", with_papers(3).read_text(), flags=re.DOTALL)
    assert re.findall(r"paper (\d) &lt;b&gt; \(reported\)<br><small>A &lt;i&gt;cite&lt;/i&gt;</small>", text) == [
        "0",
        "2",
    ]
    assert "<i>cite" not in text
    assert "paper 1" not in text
    assert "Reported rows are other people&#39;s numbers" in text


@needs_browser
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, [("paper 0", "0.900"), ("paper 2", "0.880")]),
        ({"sort": MOSI, "dir": "asc"}, [("paper 2", "0.880"), ("paper 0", "0.900")]),
        ({f"metric.{MOSI}": "acc2_posneg"}, [("paper 1", "89.0"), ("paper 0", "50.0")]),
        ({f"metric.{MOSI}": "mae"}, []),
        ({"q": "paper 2"}, [("paper 2", "0.880")]),
        ({"papers": "hidden"}, []),
    ],
    ids=["best first", "turned", "another metric", "a metric without", "filtered", "folded"],
)
def test_papers_stand_below_the_others_by_the_chosen_metric(
    with_papers: Callable[[int], Path], tmp_path: Path, state: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    dom = opened(with_papers(3), tmp_path / "profile", **state)
    rows = re.findall(r'<tr class="reported".*?</tr>', dom)
    assert [re.findall(r'data-model="(paper \d)', row) + re.findall(r'class="value">([^<]+)', row) for row in rows] == [
        list(one) for one in expected
    ]
    assert [re.findall(r'class="rank">([^<]*)<', row) for row in rows] == [[""] for _ in expected]
    if "q" not in state:
        assert sorted(models(dom)) == ["other", "ours"]


@needs_browser
def test_many_papers_are_folded_and_open_with_their_source(with_papers: Callable[[int], Path], tmp_path: Path) -> None:
    script = """
      const before = document.querySelectorAll("tr.reported").length;
      document.querySelector(".fold button").click();
      document.querySelector("tr.reported .cell").click();
      const body = document.getElementById("detail-body").textContent;
      document.title = JSON.stringify([before, document.querySelectorAll("tr.reported").length, body, location.hash]);
    """
    dom = opened(with_papers(14), tmp_path / "profile", script)
    before, after, said, address = json.loads(html.unescape(re.findall(r"<title>(.*?)</title>", dom)[0]))
    assert (before, after) == (0, 13)
    assert "A <i>cite</i>" in said
    assert "90.0" not in said
    assert "0.900" in said
    assert address == "#papers=shown"
