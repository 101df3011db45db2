"""A report of checks as one HTML page: a table of the checks, then per finding the offending samples side by side."""

from typing import TYPE_CHECKING, Any

from mmbench.loaders.checks.base import Result
from mmbench.loaders.views import Views, card_facts, may_show, render

if TYPE_CHECKING:
    from mmbench.loaders.checks.report import CheckReport

SHOWN = 12  # samples per finding; the table below them names up to 50


def page(report: "CheckReport") -> str:
    """The text of the page."""
    from mmbench.loaders import all_cards

    first = next(iter(report.splits.values()))
    keys = [card.key for card in all_cards()]
    views = Views(all(may_show(dataset.card, keys) for dataset in report.splits.values()))
    order = ("fail", "warn", "inconclusive", "pass", "not_applicable")
    return render(
        "check.html",
        card=card_facts(first.card, {} if report.partial else {name: len(one) for name, one in report.splits.items()}),
        checked={name: f"{len(one):,}" for name, one in report.splits.items()},
        revision=first.revision,
        evidence=first.evidence,
        partial=report.partial,
        allowed=views.allowed,
        ok=report.ok,
        warned=bool(report.findings),
        results=sorted(report.results, key=lambda result: order.index(result.status)),
        bounds=report.bounds,
        findings=[_finding(result, report, views) for result in (*report.findings, *report.known)],
    )


def _finding(result: Result, report: "CheckReport", views: Views) -> dict[str, Any]:
    shown: list[dict[str, Any]] = []
    anchors: set[str] = set()
    for item in result.items[:SHOWN]:
        anchor = f"{result.check}/{item.split}/{item.id}"  # a link to one finding on one sample
        facts = {"split": item.split, "note": item.note, "anchor": "" if anchor in anchors else anchor}
        shown.append(views.of(report.splits[item.split][item.row]) | facts)
        anchors.add(anchor)
        if item.beside is not None:
            split, row = item.beside
            shown.append(views.of(report.splits[split][row]) | {"split": split, "note": f"beside {item.id}"})
    return {"result": result, "shown": shown, "count": len(result.items[:SHOWN]), "rest": result.items[SHOWN:]}
