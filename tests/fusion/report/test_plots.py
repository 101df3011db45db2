"""The plots: the same bytes every time, readable with many rows, whatever is missing or how anything is called."""

import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from mmbench.errors import UserError
from mmbench.fusion.report.plots import Plot, draw, drawings
from mmbench.fusion.report.plots.style import LIGHT, rendered
from tests.fusion.made_up import METHODS, results

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import FigureBase
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

pytest.importorskip("matplotlib")

KEYS = ["scores", "search", "cost", "noise", "missing", "contributions", "budgets"]
STRANGE = r"$\frac{x$ 模型 <script>" + "\n" + "with a name that does not end"


def renamed(found: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(found)
    for old, new in names.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    changed: dict[str, Any] = json.loads(text)
    return changed


def light(found: dict[str, Any], *kinds: str) -> list[str]:
    """The keys of the plots that the results have something for, drawn for a light page only; of all kinds, or of some."""
    chosen = [drawing for drawing in drawings() if not kinds or drawing.key in kinds]
    return [drawing.key for drawing in chosen if rendered(drawing.draw, found, LIGHT, salt="") is not None]


@pytest.fixture(scope="module")
def plots() -> tuple[Plot, ...]:
    return draw(results())


@dataclass(frozen=True)
class Drawn:
    text: str
    box: "Bbox"
    inside: bool
    level: bool


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict["FigureBase", dict["Text", Drawn]]:
    """Per figure the texts that were drawn, as they were drawn last."""
    from matplotlib.text import Text

    seen: dict[FigureBase, dict[Text, Drawn]] = {}
    original = Text.draw

    def spy(self: Text, renderer: "RendererBase") -> None:
        original(self, renderer)
        figure = self.get_figure(root=True)
        if figure is not None and self.get_visible() and self.get_text().strip():
            box, page = self.get_window_extent(renderer), figure.bbox.padded(0.5)
            inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
            drawn = Drawn(self.get_text(), box, inside, self.get_rotation() in (0, 90))
            seen.setdefault(figure, {})[self] = drawn

    monkeypatch.setattr(Text, "draw", spy)
    return seen


def test_every_plot_is_there_in_both_grounds_with_words(plots: tuple[Plot, ...]) -> None:
    assert [plot.key for plot in plots] == KEYS
    for plot in plots:
        assert plot.light != plot.dark
        assert all((plot.title, plot.caption, plot.alt))


def test_a_plot_is_well_formed_and_refers_to_nothing_outside(plots: tuple[Plot, ...]) -> None:
    for plot in plots:
        for text in (plot.light, plot.dark):
            tags = list(ET.fromstring(text).iter())  # noqa: S314  # our own
            assert not [tag for tag in tags if tag.tag.rpartition("}")[2] in {"script", "image", "foreignObject", "a"}]
            links = [value for tag in tags for name, value in tag.items() if name.rpartition("}")[2] == "href"]
            assert all(link.startswith("#") for link in links)


def test_the_same_results_give_the_same_bytes_whatever_the_readers_settings(plots: tuple[Plot, ...]) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "none"}):
        assert draw(results()) == plots
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    ("modalities", "higher_is_better"),
    [(("image", "text"), True), (("vision", "audio", "text"), False), (("a", "b", "c", "d"), True)],
)
def test_no_text_covers_another_or_leaves_the_plot(
    modalities: tuple[str, ...], higher_is_better: bool, texts: dict["FigureBase", dict["Text", Drawn]]
) -> None:
    found = results(modalities, higher_is_better=higher_is_better)
    light(renamed(found, {name: f"{name} of a laboratory far away" for name in METHODS[:6]}))
    assert len(texts) == len(KEYS)
    for figure in texts.values():
        assert [one.text for one in figure.values() if not one.inside] == []
        level = [(one.text, one.box.padded(-0.5)) for one in figure.values() if one.level]
        covered = [(one, other) for (one, box), (other, second) in combinations(level, 2) if box.overlaps(second)]
        assert covered == []


def test_names_from_outside_are_cut_and_never_read_as_formulas(texts: dict["FigureBase", dict["Text", Drawn]]) -> None:
    assert light(renamed(results(), {"mutan": STRANGE}), "scores", "search") == ["scores", "search"]
    said = {one.text for figure in texts.values() for one in figure.values()}
    assert r"$\frac{x$ □□ <script> w…" in said


def test_a_plot_that_has_nothing_to_show_is_left_out() -> None:
    found = results()
    for row in found["rows"]:
        row["analyses"] = row["expected_best"] = row["cost"] = row["per_seed"] = None
    found["sensitivity"] = None
    assert light(found) == ["scores", "cost"]  # parameters are known
    found["rows"] = []
    assert light(found) == []


def test_one_method_without_an_interval_can_be_drawn() -> None:
    found = results()
    found["rows"] = found["rows"][:1]
    found["rows"][0] |= {"low": None, "high": None, "per_seed": None}
    assert light(found) == KEYS


def test_analyses_that_some_rows_lack_are_drawn_for_the_others() -> None:
    found = results()
    found["rows"][0]["analyses"] = {"noise": None, "subsets": {"": 0.3, "image": None}, "shape": None}
    found["rows"][1]["analyses"] = None
    assert light(found) == KEYS


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"pip install 'mmbench\[fusion\]'"):
        draw(results())
