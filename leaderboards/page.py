"""The board as one HTML page: data, style and script are inside, and a policy forbids every request."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmbench.leaderboards.markdown import markdown
from mmbench.leaderboards.records import csv_text, document
from mmbench.leaderboards.reported import by_primary, primary_text
from mmbench.leaderboards.values import Column, Measure, Row
from mmbench.leaderboards.wording import SUITE_SCORE, attributions, facts, notes, remarks, toy_note
from mmbench.numbers import MINUS, NONE, interval, number
from mmbench.wording import NOT_OPENCOMPASS

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard

Scale = tuple[float, float]
POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"


def page(board: "Leaderboard") -> str:
    """The page's text; the same bytes for the same runs."""
    import jinja2
    from markupsafe import Markup

    loader = jinja2.PackageLoader("mmbench.leaderboards")
    templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style, *scripts = (
        loader.get_source(templates, name)[0] for name in ("style.css", "page.js", "reported.js", "detail.js")
    )
    script = "\n".join(scripts)
    return templates.get_template("index.html").render(
        board=board,
        toy=toy_note(board),
        remarks=remarks(board),
        facts=facts(board),
        suite_score=SUITE_SCORE,
        notes=notes(board),
        attributions=attributions(board),
        disclaimer=NOT_OPENCOMPASS,
        summary=_summary(board),
        definitions=_definitions(board),
        plain=_plain,
        reported=by_primary(board),
        primary_text=primary_text,
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        data=Markup(json_for_html(payload(board))),  # noqa: S704  # escaped for a script element
        policy=f"{POLICY}; style-src {_hash(style)}; script-src {_hash(script)}",
    )


def payload(board: "Leaderboard") -> dict[str, Any]:
    """What the script reads: the document, its numbers as text, the scale of each bar, the text to copy."""
    found = document(board)
    for column, fields in zip(board.columns, found["columns"], strict=True):
        fields["scales"] = {measure.key: _scale(board, column, measure) for measure in column.measures}
        units = {measure.key: measure.unit for measure in column.measures}
        for row in found["rows"]:
            for key, score in row["cells"][column.task]["scores"].items():
                score["text"] = _texts(score, units.get(key, ""))
        for row in found["reported"]:
            for key, one in row["numbers"].get(column.task, {}).items():
                one["text"] = number(one["value"], units[key]).replace("-", MINUS)
    for row in found["rows"]:
        if row["total"] is not None:
            row["total"]["text"] = _texts({**row["total"], "floor": 0.0, "ceiling": 1.0}, "%")
    return found | {"suite_score": SUITE_SCORE, "exports": {"csv": csv_text(board), "markdown": markdown(board)}}


def json_for_html(value: Any) -> str:
    """Strict JSON that can stand in a script element: no ``<`` can end it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _texts(score: Mapping[str, Any], unit: str) -> dict[str, str]:
    if score.get("count"):
        return {
            "value": NONE if score["value"] is None else f"{score['value']:.0f}",
            "interval": "",
            "floor": NONE,
            "ceiling": NONE,
        }
    shown = {name: number(score[name], unit) for name in ("value", "floor", "ceiling")}
    return {
        name: text.replace("-", MINUS)
        for name, text in {**shown, "interval": interval(score["low"], score["high"], unit)}.items()
    }


def _scale(board: "Leaderboard", column: Column, measure: Measure) -> Scale | None:
    """The worst and the best number that a bar of this column must hold; every bar of a column has the same scale."""
    scores = [row.cells[column.task].score(measure.key) for row in board.rows]
    fields = ("value", "low", "high", "floor", "ceiling")
    numbers = [getattr(score, name) for score in scores if score is not None for name in fields]
    known = [value for value in numbers if value is not None]
    if not known or min(known) == max(known):
        return None
    return (min(known), max(known)) if measure.higher_is_better else (max(known), min(known))


def _plain(row: Row, column: Column) -> str:
    """A cell without script: value, interval, signs."""
    cell = row.cells[column.task]
    score, measure = cell.score(column.primary), column.measure
    signs = "".join(dict.fromkeys(mark.sign for mark in cell.marks))
    if score is None or measure is None or score.value is None:
        return f"{NONE} {signs}".rstrip()
    return " ".join(
        filter(None, [number(score.value, measure.unit), interval(score.low, score.high, measure.unit), signs])
    )


def _summary(board: "Leaderboard") -> str:
    """Counts, dates and versions in one line."""
    models = sum(row.kind == "model" for row in board.rows)
    times = [cell.run.record["provenance"] for row in board.rows for cell in row.cells.values() if cell.run is not None]
    newest = max((str(one.get("finished") or "") for one in times), default="")[:10]
    versions = ", ".join(sorted({str(one.get("mmbench")) for one in times if one.get("mmbench")}))
    tasks = len(board.columns)
    parts = [
        f"{tasks} task{'s' * (tasks != 1)}",
        f"{models} model{'s' * (models != 1)}",
        f"{len(times)} run{'s' * (len(times) != 1)}",
    ]
    return " · ".join(
        [*parts, *([f"newest {newest}"] if newest else []), *([f"mmbench {versions}"] if versions else [])]
    )


def _definitions(board: "Leaderboard") -> list[Measure]:
    found = {(one.key, one.definition): one for column in board.columns for one in column.measures}
    return list(found.values())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
