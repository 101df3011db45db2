"""How the plots look, and how one becomes the same SVG text every time."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from mmbench.fusion.report.table import Row, ordered
from mmbench.fusion.report.wording import Results
from mmbench.numbers import MINUS, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 24  # characters of a name
BOX = "\u25a1"  # stands for a character that the font lacks
MARKERS = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours for one ground. ``series`` are the colours of Okabe and Ito, which colour-blind readers tell apart."""

    ink: str
    soft: str
    line: str
    ground: str
    accent: str
    floor: str
    series: tuple[str, ...]


LIGHT = Theme(
    "#16202c", "#5b6877", "#d9dee4", "#ffffff", "#0b6e99", "#b85400",
    ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
)  # fmt: skip
DARK = Theme(
    "#e8edf2", "#9aa7b5", "#34404c", "#171e26", "#5bc0e8", "#f0a35e",
    ("#56b4e9", "#ff8c42", "#2fc79b", "#e29ac4", "#8f9bff", "#f0c64a"),
)  # fmt: skip
Draw: TypeAlias = "Callable[[Results, Theme], Figure | None]"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A kind of plot; ``draw`` gives ``None`` where the results have nothing for it."""

    key: str
    title: str
    caption: str
    alt: str
    draw: Draw


def rendered(draw: Draw, results: Results, theme: Theme, *, salt: str) -> str | None:
    """The SVG text of a drawing, whatever settings of matplotlib the reader has."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = _settings(theme) | {"svg.hashsalt": salt}
        mpl.rcParams.update(settings)
        figure = draw(results, theme)
        if figure is None:
            return None
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return stream.getvalue()


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure that no window knows of; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def label(text: str) -> str:
    """A stranger's name on one line: cut where it is long, with a box for what the font lacks."""
    plain = " ".join(text.split())
    cut = plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
    return "".join(one if ord(one) in _characters() else BOX for one in cut)


def shown(value: float, unit: str) -> float:
    """A value on the axis: per cent for shares."""
    return 100 * value if unit == "%" else value


def written(value: float, unit: str) -> str:
    """A value as text in a plot."""
    return number(value, unit).replace("-", MINUS)


def ours(results: Results) -> list[Row]:
    """Methods and floors that have a value, from best to worst."""
    return [row for row in ordered(results) if row["kind"] != "reported" and row.get("value") is not None]


def methods(results: Results) -> list[Row]:
    """Methods that have a value, from best to worst."""
    return [row for row in ours(results) if row["kind"] == "method"]


def window(results: Results) -> tuple[float, float]:
    """The range of scores that is looked at: the methods and the best floor; a far floor must not squeeze what is compared."""
    rows = ours(results)
    best = next((row for row in rows if row["kind"] == "floor"), None)
    kept = methods(results) + ([best] if best is not None else [])
    unit = results["measure"].get("unit", "")
    values = [
        shown(value, unit)
        for row in kept
        for value in (row["value"], row.get("low"), row.get("high"), *(row.get("per_seed") or ()))
        if value is not None
    ]
    if not values:
        return 0.0, 1.0
    pad = 0.04 * (max(values) - min(values)) or 0.01 * max(1.0, abs(max(values)))
    return min(values) - pad, max(values) + pad


def name_rows(axes: "Axes", rows: list[Row], theme: Theme) -> None:
    """Names down the left side, the first on top; floors in their colour."""
    axes.set_yticks(range(len(rows)), [label(row["name"]) for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(theme.floor if row["kind"] == "floor" else theme.ink)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def panels(count: int, columns: int, height: float) -> "tuple[Figure, list[Axes]]":
    """A figure with small panels that share their axes, row by row; ``height`` of each in inches."""
    columns = min(columns, count)
    lines = -(-count // columns)
    figure = new_figure(9.0, 0.7 + height * lines)
    grid = [axes for line in figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False) for axes in line]
    for axes in grid[count:]:
        axes.set_visible(False)
    for axes in grid[count - columns : count]:  # above an empty place there is no panel that has the numbers
        axes.tick_params(axis="x", labelbottom=True)
    return figure, grid[:count]


@cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager

    path = font_manager.findfont("DejaVu Sans")  # comes with matplotlib
    return frozenset(font_manager.get_font(path).get_charmap())


def _settings(theme: Theme) -> dict[str, Any]:
    return {
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "text.parse_math": False,  # a dollar in a name is a dollar
        "text.color": theme.ink,
        "axes.edgecolor": theme.soft,
        "axes.labelcolor": theme.soft,
        "axes.titlesize": 9.5,
        "axes.titlecolor": theme.ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": theme.line,
        "grid.linewidth": 0.7,
        "xtick.color": theme.soft,
        "ytick.color": theme.soft,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 9,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "hatch.color": theme.ground,
        "hatch.linewidth": 1.2,
        "svg.fonttype": "path",
    }
