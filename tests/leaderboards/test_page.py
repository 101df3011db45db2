"""The HTML page: one file, nothing from strangers runs in it, and a browser draws, sorts and filters it."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from mmbench.leaderboards import Leaderboard
from mmbench.leaderboards.page import json_for_html

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

    def opened(script: str = "", **state: str) -> str:
        target = page
        if script:  # the page's policy forbids scripts that are not its own, so the test takes the policy out
            text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
            target = page.with_name("scripted.html")
            target.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
        address = f"{target.as_uri()}#{urlencode(state)}"
        command = [str(BROWSER), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", address]
        found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        complaints = [line for line in found.stderr.splitlines() if "CONSOLE" in line or "Uncaught" in line]
        assert complaints == []
        return found.stdout

    return opened


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
