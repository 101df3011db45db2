"""A comparison as one HTML page: tables, plots and style are inside, there is no script, and a policy forbids every request."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmbench.errors import UserError
from mmbench.fusion.report.sections import analysed, budgets, matrix, methods, pairs, protocol_facts, result_rows
from mmbench.fusion.report.wording import (
    Results,
    covered,
    measure_heading,
    notes,
    protocol,
    reading,
    summary,
    toy,
)
from mmbench.wording import NOT_OPENCOMPASS

if TYPE_CHECKING:
    from mmbench.fusion.report.plots import Plot

POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"


def page(results: Results, plots: "Sequence[Plot] | None" = None) -> str:
    """The page's text; the same bytes for the same results.

    Args:
        results: what a study writes as ``results.json``.
        plots: as ``mmbench.fusion.report.plots.draw`` gives them, which is asked without it; where matplotlib is missing the page says
            how to get them.
    """
    import jinja2
    from markupsafe import Markup

    loader = jinja2.PackageLoader("mmbench.fusion.report")
    templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style = loader.get_source(templates, "style.css")[0]
    drawn, without = _drawn(results) if plots is None else (plots, "")
    return templates.get_template("page.html").render(
        results=results,
        heading=measure_heading(results),
        summary=summary(results),
        toy=toy(results),
        protocol=protocol(results),
        facts=protocol_facts(results),
        rows=result_rows(results),
        reading=reading(results),
        covered=covered(results),
        matrix=matrix(results),
        pairs=pairs(results),
        plots=[_embedded(plot) for plot in drawn],
        without=without,
        analyses=analysed(results),
        budgets=budgets(results),
        methods=methods(results),
        notes=notes(results),
        disclaimer=NOT_OPENCOMPASS,
        style=Markup(style),  # noqa: S704  # our own file
        policy=f"{POLICY}; style-src {_hash(style)}",
    )


def _drawn(results: Results) -> "tuple[Sequence[Plot], str]":
    """The plots, or none and the sentence that says why."""
    from mmbench.fusion.report.plots import draw

    try:
        return draw(results), ""
    except UserError as error:
        return (), str(error)


def _embedded(plot: "Plot") -> Mapping[str, Any]:
    return {
        "key": plot.key,
        "title": plot.title,
        "caption": plot.caption,
        "alt": plot.alt,
        "light": _uri(plot.light),
        "dark": _uri(plot.dark),
    }


def _uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
