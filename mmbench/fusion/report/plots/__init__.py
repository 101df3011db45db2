"""The plots of a comparison as SVG text, each for a light and for a dark page; the same results give the same bytes."""

from dataclasses import dataclass
from typing import Any

from mmbench.errors import UserError
from mmbench.fusion.report.plots.style import DARK, LIGHT, Drawing, rendered
from mmbench.fusion.report.wording import Results

WITHOUT = "The plots need matplotlib: pip install 'mmbench[fusion]', then make the page again."


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot.

    Attributes:
        key: short, fit for a file's name.
        title, caption: for people.
        alt: what it shows, for who does not see it.
        light, dark: SVG documents with a transparent ground, which hold no script and refer to nothing.
    """

    key: str
    title: str
    caption: str
    alt: str
    light: str
    dark: str


def draw(results: Results) -> tuple[Plot, ...]:
    """The plots that the results have something for: scores, search, cost, noise, missing modalities, contributions, budgets.

    Raises:
        UserError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401  # only whether it is there
    except ImportError as error:
        raise UserError(WITHOUT) from error
    return tuple(plot for drawing in drawings() if (plot := _plot(drawing, results)) is not None)


def drawings() -> tuple[Drawing, ...]:
    """Every kind of plot, in the order of the page."""
    from mmbench.fusion.report.plots import analyses, budgets, scores

    return (
        scores.FOREST,
        scores.SEARCH,
        scores.COST,
        analyses.NOISE,
        analyses.MISSING,
        analyses.SHAPE,
        budgets.SENSITIVITY,
    )


def _plot(drawing: Drawing, results: Results) -> Plot | None:
    pages: list[Any] = [rendered(drawing.draw, results, theme, salt=drawing.key) for theme in (LIGHT, DARK)]
    if None in pages:
        return None
    return Plot(drawing.key, drawing.title, drawing.caption, drawing.alt, *pages)
