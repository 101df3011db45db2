"""Plots of the scores themselves: with their intervals, along the search, and against what they cost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmbench.fusion.analyses.cost import pareto
from mmbench.fusion.report.plots.style import (
    Drawing,
    Theme,
    label,
    methods,
    name_rows,
    new_figure,
    ours,
    panels,
    shown,
    window,
    written,
)
from mmbench.fusion.report.table import Row
from mmbench.fusion.report.wording import Results, measure_heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Limits = tuple[float, float]
Point = tuple[float, float]  # cost, score
Named = tuple[str, float, float]
COSTS = (("parameters", "parameters"), ("flops", "FLOPs per sample"), ("train_seconds", "seconds of training"))
OFFSETS = tuple(
    (x, y) for y in (7, -7, 17, -17, 27, -27, 37, -37) for x in (6, -6)
)  # of a name from its point, in points


def _forest(results: Results, theme: Theme) -> "Figure | None":
    rows, unit = ours(results), results["measure"].get("unit", "")
    if not rows:
        return None
    figure = new_figure(9.0, 1.0 + 0.29 * len(rows))
    axes = figure.subplots()
    limits = window(results)
    for place, row in enumerate(rows):
        if limits[0] <= shown(row["value"], unit) <= limits[1]:
            _one_row(axes, place, row, unit, theme)
        else:
            _beyond(axes, place, row, unit, limits, theme)
    name_rows(axes, rows, theme)
    axes.set_xlim(*limits)
    axes.set_xlabel(measure_heading(results))
    axes.grid(visible=False, axis="y")
    return figure


def _one_row(axes: "Axes", place: int, row: Row, unit: str, theme: Theme) -> None:
    """Value, interval, seeds below them; a floor is a line up through the methods that it should be held against."""
    floor = row["kind"] == "floor"
    colour, value = theme.floor if floor else theme.accent, shown(row["value"], unit)
    if floor:
        axes.plot([value, value], [place, -0.5], color=theme.floor, linewidth=0.9, linestyle=(0, (4, 3)))
    if row.get("low") is not None and row.get("high") is not None:
        ends = [shown(row["low"], unit), shown(row["high"], unit)]
        axes.plot(ends, [place, place], color=colour, linewidth=2.6, alpha=0.5, solid_capstyle="butt")
    seeds = [shown(one, unit) for one in row.get("per_seed") or ()]
    axes.plot(seeds, [place + 0.27] * len(seeds), ".", color=theme.soft, markersize=3.6, markeredgewidth=0)
    marker, face = ("D", theme.ground) if floor else ("o", colour)
    axes.plot([value], [place], marker, color=colour, markerfacecolor=face, markersize=6)


def _beyond(axes: "Axes", place: int, row: Row, unit: str, limits: Limits, theme: Theme) -> None:
    """A row outside the range: an arrow at the edge, and its value."""
    left = shown(row["value"], unit) < limits[0]
    text = written(row["value"], unit)
    axes.annotate(
        f"◂ {text}" if left else f"{text} ▸",
        (0.0 if left else 1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(4 if left else -4, 0),
        textcoords="offset points",
        ha="left" if left else "right",
        va="center",
        fontsize=8.5,
        color=theme.floor if row["kind"] == "floor" else theme.accent,
    )


def _search(results: Results, theme: Theme) -> "Figure | None":
    unit = results["measure"].get("unit", "")
    curves = {
        row["name"]: [shown(value, unit) for value in row["expected_best"]]
        for row in methods(results)
        if row.get("expected_best")
    }
    if not curves:
        return None
    figure, grid = panels(len(curves), 4, 1.3)
    for axes, (name, curve) in zip(grid, curves.items(), strict=True):
        for other in curves.values():
            axes.plot(range(1, len(other) + 1), other, color=theme.line, linewidth=0.9)
        axes.plot(range(1, len(curve) + 1), curve, color=theme.accent, linewidth=2, marker="o", markersize=2.6)
        axes.set_title(label(name), loc="left", pad=3)
    most = max(map(len, curves.values()))
    grid[0].set_xticks(sorted({1, (most + 1) // 2, most}))
    figure.supxlabel("settings tried", color=theme.soft, fontsize=9)
    figure.supylabel(f"validation {measure_heading(results)}", color=theme.soft, fontsize=9)
    return figure


def _cost(results: Results, theme: Theme) -> "Figure | None":
    known = [(name, title) for name, title in COSTS if any(_spent(row, name) for row in methods(results))]
    if not known:
        return None
    figure = new_figure(9.0, 3.8)
    grid = list(figure.subplots(1, len(known), sharey=True, squeeze=False)[0])
    low, high = window(results)
    grid[0].set_ylim(low, high + 0.06 * (high - low))
    grid[0].set_ylabel(measure_heading(results))
    drawn = [_one_cost(axes, results, name, theme) for axes, (name, _) in zip(grid, known, strict=True)]
    for axes, (_, title) in zip(grid, known, strict=True):
        axes.set_xlabel(title)
    figure.draw_without_rendering()  # places the panels, on which the places of the names depend
    for axes, (front, points) in zip(grid, drawn, strict=True):
        _name_points(axes, front, points, theme)
    return figure


def _one_cost(axes: "Axes", results: Results, name: str, theme: Theme) -> tuple[list[Named], list[Point]]:
    """Points with their intervals, and the front as steps; returns the names and places on the front, and all places."""
    unit, higher = results["measure"].get("unit", ""), results["measure"]["higher_is_better"]
    low, high = window(results)
    rows = [row for row in ours(results) if _spent(row, name) and low <= shown(row["value"], unit) <= high]
    points = [(_spent(row, name), shown(row["value"], unit)) for row in rows]
    if name != "parameters":
        axes.set_xscale("log")
    for row, (x, y) in zip(rows, points, strict=True):
        floor = row["kind"] == "floor"
        colour = theme.floor if floor else theme.accent
        if row.get("low") is not None and row.get("high") is not None:
            axes.plot([x, x], [shown(row["low"], unit), shown(row["high"], unit)], color=colour, linewidth=1, alpha=0.4)
        axes.plot([x], [y], "D" if floor else "o", color=colour, markerfacecolor=theme.ground if floor else colour)
    front = sorted(
        (x, y, row["name"])
        for row, (x, y), best in zip(rows, points, pareto([(x, y if higher else -y) for x, y in points]), strict=True)
        if best
    )
    axes.step([x for x, _, _ in front], [y for _, y, _ in front], where="post", color=theme.soft, linewidth=1, zorder=1)
    _cost_ticks(axes, points, logarithmic=name != "parameters")
    return [(label(who), x, y) for x, y, who in front], points


def _cost_ticks(axes: "Axes", points: Sequence[Point], *, logarithmic: bool) -> None:
    """A few round ticks written as ``50k``; room on both sides for names."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    from mmbench.numbers import short

    least, most = min(x for x, _ in points), max(x for x, _ in points)
    if logarithmic:
        axes.set_xlim(least / (most / least) ** 0.12 / 1.05, most * (most / least) ** 0.12 * 1.05)
        subs = (1.0,) if most > 100 * least else (1.0, 3.0) if most > 10 * least else (1.0, 2.0, 5.0)
        axes.xaxis.set_major_locator(LogLocator(subs=subs))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        pad = 0.12 * (most - least) or 0.05 * most
        axes.set_xlim(least - pad, most + pad)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def _name_points(axes: "Axes", front: Sequence[Named], points: Sequence[Point], theme: Theme) -> None:
    """Names beside the points of the front, each at the first place where it covers no name or point and stays in the panel."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    centres = axes.transData.transform(list(points))
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in centres]
    inside = axes.get_window_extent()
    for name, x, y in front:
        for right, up in OFFSETS:
            text = axes.annotate(
                name, (x, y), xytext=(right, up), textcoords="offset points", fontsize=8, color=theme.ink,
                ha="left" if right > 0 else "right", va="center",
            )  # fmt: skip
            text.set_path_effects([withStroke(linewidth=2.5, foreground=theme.ground)])  # readable across lines
            box = text.get_window_extent().padded(1)
            free = not any(box.overlaps(other) for other in taken)
            if free and inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1:
                taken.append(box)
                break
            text.remove()


def _spent(row: Row, name: str) -> float:
    """A cost, 0 where it is not known."""
    found = row.get("parameters") if name == "parameters" else (row.get("cost") or {}).get(name)
    return float(found or 0.0)


FOREST = Drawing(
    "scores", "Scores",
    "Value, 95 % interval, and below it a dot per seed. Diamonds and dashed lines are floors; a floor far away stands at the edge.",
    "Scores of all methods and floors with intervals and seeds; the numbers are in the table of results.",
    _forest,
)  # fmt: skip
SEARCH = Drawing(
    "search", "What the search found",
    "Expected best validation score after k settings. A curve that still rises would gain from a longer search.",
    "Expected best validation score by number of settings, a panel per method; the numbers are under the methods.",
    _search,
)  # fmt: skip
COST = Drawing(
    "cost", "Score against cost",
    "The line is the front: no other row is cheaper and at least as good. Diamonds are floors; what is far worse is left out.",
    "Scores against parameters, FLOPs and seconds of training; the numbers are in the table of results.",
    _cost,
)  # fmt: skip
