"""Plots of the analyses: noise, missing modalities, and what each modality contributes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmbench.fusion.report.plots.style import (
    MARKERS,
    Drawing,
    Theme,
    label,
    methods,
    name_rows,
    new_figure,
    panels,
    shown,
    written,
)
from mmbench.fusion.report.table import COOPERATION, Row, gains, subset_names, subset_titles
from mmbench.fusion.report.wording import LATE_FUSION, Results, measure_heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 3  # curves in colour, besides late fusion


def _with(results: Results, name: str) -> list[tuple[Row, Mapping[str, Any]]]:
    """The methods that have an analysis, from best to worst, with it."""
    return [(row, row["analyses"][name]) for row in methods(results) if (row.get("analyses") or {}).get(name)]


def _noise(results: Results, theme: Theme) -> "Figure | None":
    found = _with(results, "noise")
    if not found:
        return None
    names = list(dict.fromkeys(name for _, noise in found for name in noise["curves"]))
    figure, grid = panels(len(names), 2 if len(names) == 4 else 3, 2.5)
    handles: dict[str, Any] = {}
    for axes, name in zip(grid, names, strict=True):
        handles |= _one_noise(axes, results, [(row["name"], noise) for row, noise in found], name, theme)
        axes.set_title(label(name), loc="left", pad=4)
    levels = sorted({level for _, noise in found for level in noise["levels"]})
    grid[0].set_xticks([level**0.5 for level in levels], [f"{level:g}" for level in levels])
    figure.supxlabel("noise in standard deviations of each feature (square-root scale)", color=theme.soft, fontsize=9)
    figure.supylabel(measure_heading(results), color=theme.soft, fontsize=9)
    figure.legend(handles.values(), handles, loc="outside upper left", ncols=3)
    return figure


def _one_noise(
    axes: "Axes", results: Results, found: Sequence[tuple[str, Mapping[str, Any]]], name: str, theme: Theme
) -> dict[str, Any]:
    """The curves of one kind of noise: late fusion thick, the best in colours, the others grey behind; returns the legend."""
    unit = results["measure"].get("unit", "")
    best = [who for who, _ in found if who != LATE_FUSION][:NAMED]
    handles: dict[str, Any] = {}
    for who, noise in found:
        if name not in noise["curves"]:
            continue
        xs, ys = [level**0.5 for level in noise["levels"]], [shown(value, unit) for value in noise["curves"][name]]
        look: dict[str, Any]
        if who == LATE_FUSION:
            look = {"color": theme.series[1], "linewidth": 3, "linestyle": (0, (3, 1)), "zorder": 4}
            text = f"{label(who)} (late fusion)"
        elif who in best:
            place = best.index(who)
            colour = theme.series[(0, 2, 3)[place]]
            look = {"color": colour, "linewidth": 1.6, "marker": MARKERS[place], "markersize": 4.5, "zorder": 3}
            text = label(who)
        else:
            look, text = {"color": theme.soft, "linewidth": 0.8, "alpha": 0.55}, "other methods"
        (handles[text],) = axes.plot(xs, ys, **look)
    chance = results["measure"].get("chance")
    if chance is not None:
        handles["chance"] = axes.axhline(shown(chance, unit), color=theme.ink, linewidth=1, linestyle=":")
    last = [text for text in ("other methods", "chance") if text in handles]
    return {text: handles[text] for text in [*(text for text in handles if text not in last), *last]}


def _missing(results: Results, theme: Theme) -> "Figure | None":
    from matplotlib.colors import LinearSegmentedColormap

    found = _with(results, "subsets")
    if not found:
        return None
    names, unit = subset_names(results), results["measure"].get("unit", "")
    known = [shown(values[name], unit) for _, values in found for name in names if values.get(name) is not None]
    low, high = min(known), max(known)
    figure = new_figure(9.0, 1.5 + 0.29 * len(found))
    axes = figure.subplots()
    ends = [theme.ground, theme.accent] if results["measure"]["higher_is_better"] else [theme.accent, theme.ground]
    scale = LinearSegmentedColormap.from_list("scores", ends)
    for place, (_, values) in enumerate(found):
        for column, name in enumerate(names):
            value = values.get(name)
            if value is not None:
                colour = scale((shown(value, unit) - low) / ((high - low) or 1.0))
                _cell(axes, column, place, written(value, unit), colour)
    name_rows(axes, [row for row, _ in found], theme)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xticks(range(len(names)), [label(title) for title in subset_titles(names)])
    axes.tick_params(axis="x", length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    if len(names) > 4:
        for tick in axes.get_xticklabels():
            tick.set(rotation=35, ha="left", rotation_mode="anchor")
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def _cell(axes: "Axes", x: int, y: int, text: str, colour: tuple[float, float, float, float]) -> None:
    """A filled cell with its value, dark on light and light on dark."""
    from matplotlib.patches import Rectangle

    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # of WCAG 2
    axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0))
    ink = "#10151b" if luminance > 0.18 else "#ffffff"
    axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=8.5)


def _shape(results: Results, theme: Theme) -> "Figure | None":
    parts = gains(results)
    if not parts:
        return None
    rows = [row for row in methods(results) if row["name"] in parts]
    unit = results["measure"].get("unit", "")
    figure = new_figure(9.0, 1.3 + 0.29 * len(rows))
    axes = figure.subplots()
    handles: dict[str, Any] = {}
    for place, row in enumerate(rows):
        handles |= _stacked(axes, place, {name: shown(gain, unit) for name, gain in parts[row["name"]].items()}, theme)
    name_rows(axes, rows, theme)
    axes.axvline(0, color=theme.ink, linewidth=0.8)
    measure = results["measure"]
    what = "points" if unit == "%" else measure["title"]
    axes.set_xlabel(f"{what} {'above' if measure['higher_is_better'] else 'below'} the majority")
    axes.grid(visible=False, axis="y")
    figure.legend(handles.values(), handles, loc="outside upper left", ncols=3)
    return figure


def _stacked(axes: "Axes", place: int, gains_of_row: Mapping[str, float], theme: Theme) -> dict[str, Any]:
    """What adds to the right of zero, what takes away to the left, a mark at the sum; returns the legend."""
    ends = {True: 0.0, False: 0.0}
    handles: dict[str, Any] = {}
    for number, (name, width) in enumerate(gains_of_row.items()):
        together = name == COOPERATION
        colour = theme.soft if together else theme.series[number % len(theme.series)]
        left = ends[width >= 0]
        bar = axes.barh(place, width, 0.66, left=left, color=colour, hatch="////" if together else None, linewidth=0)
        ends[width >= 0] += width
        handles[name if together else f"{label(name)} alone"] = bar
    total = sum(gains_of_row.values())
    (handles["all together"],) = axes.plot([total], [place], "|", color=theme.ink, markersize=15, markeredgewidth=2)
    return handles


NOISE = Drawing(
    "noise", "Noise",
    "Score under noise on one modality and on all at once, the same noise for every method. "
    "Thick and dashed: late fusion, the reference of effective robustness.",
    "Score by level of noise, a panel per modality and one for all; the summary is in the table of noise.",
    _noise,
)  # fmt: skip
MISSING = Drawing(
    "missing", "Missing modalities",
    "Score when only the modalities on top are given. Darker or more coloured is better.",
    "Score by the modalities that are given; the numbers are in the table of missing modalities.",
    _missing,
)  # fmt: skip
SHAPE = Drawing(
    "contributions", "What each modality contributes",
    "What each modality adds alone and what their cooperation adds (SHAPE); the mark is the score of all together. Cooperation left of "
    "zero: the modalities tell the same.",
    "Gain of each modality alone and of their cooperation per method; the numbers are in the table of contributions.",
    _shape,
)  # fmt: skip
