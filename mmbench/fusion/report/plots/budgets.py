"""The plot of what another budget changes: the order of the methods at each."""

from typing import TYPE_CHECKING

from mmbench.fusion.report.plots.style import Drawing, Theme, label, methods, new_figure
from mmbench.fusion.report.table import Row, by_budget
from mmbench.fusion.report.wording import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _sensitivity(results: Results, theme: Theme) -> "Figure | None":
    columns = by_budget(results)
    if len(columns) < 2:
        return None
    most = max(len(column) for _, column in columns)
    figure = new_figure(9.0, 0.8 + 0.29 * most)
    axes = figure.subplots()
    places: dict[str, list[tuple[int, int]]] = {}
    for x, (_, column) in enumerate(columns):
        _join_ties(axes, x, column, theme)
        for place, row in enumerate(column):
            places.setdefault(row["name"], []).append((x, place))
    first = {row["name"] for row in methods(results) if row.get("group") == 1}
    for name, points in places.items():
        _one_method(axes, name, points, len(columns) - 1, theme, leads=name in first)
    axes.set_xticks(range(len(columns)), [f"{budget:,} parameters" for budget, _ in columns])
    axes.tick_params(axis="x", length=0)
    axes.set_yticks([])
    axes.set_ylim(most - 0.4, -0.6)
    axes.set_xlim(-0.8, len(columns) - 0.2)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=False)
    return figure


def _one_method(
    axes: "Axes", name: str, points: list[tuple[int, int]], last: int, theme: Theme, *, leads: bool
) -> None:
    """A line through the method's places; its name at both ends."""
    colour = theme.accent if leads else theme.soft
    xs, ys = [x for x, _ in points], [y for _, y in points]
    axes.plot(xs, ys, color=colour, marker="o", markersize=5, linewidth=2 if leads else 1)
    for (x, place), end, side, gap in ((points[0], 0, "right", -0.07), (points[-1], last, "left", 0.07)):
        if x == end:
            axes.text(x + gap, place, label(name), ha=side, va="center", color=theme.ink if leads else theme.soft)


def _join_ties(axes: "Axes", x: int, column: list[Row], theme: Theme) -> None:
    """A wide bar behind neighbours of one tie group."""
    start = 0
    for place in range(1, len(column) + 1):
        group = column[start].get("group")
        if place < len(column) and group is not None and column[place].get("group") == group:
            continue
        if place - start > 1:
            ends = [start, place - 1]
            axes.plot([x, x], ends, color=theme.line, linewidth=11, solid_capstyle="round", zorder=0)
        start = place


SENSITIVITY = Drawing(
    "budgets", "Other budgets",
    "The order of the methods at each budget, the best on top. A grey bar joins methods that are not told apart; "
    "in colour: the first group at the budget of the comparison.",
    "The order of the methods at each budget; the numbers are in the table of budgets.",
    _sensitivity,
)  # fmt: skip
