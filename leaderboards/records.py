"""A board as data: the long form for tables, one document for programs and for the page."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mmbench.leaderboards.values import Cell, Column, ReportedRow, Row, Standing
from mmbench.leaderboards.wording import facts, notes
from mmbench.runs.records import Score

if TYPE_CHECKING:
    from mmbench.leaderboards.board import Leaderboard

TOOK = ("finished", "seconds", "samples_per_second", "peak_memory_mb", "device", "dtype", "mmbench")
SPENT = ("input_tokens", "output_tokens", "cost")
FIELDS = (
    *("model", "revision", "config", "kind"),
    *("task", "task_title", "task_version", "state", "metric", "primary", "value", "low", "high", "n", "n_errors"),
    *("higher_is_better", "floor", "ceiling", "count", "reason", "rank", "exposure", "marks", "limit", "seed"),
    *("dataset", "split", "dataset_revision", "fingerprint", "evidence"),
    *("signature", "interval_method", "interval_level", "resamples", "run", "protocol"),
    *(*TOOK, *SPENT),
    *("citation", "note"),  # of numbers from papers
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def records(board: "Leaderboard") -> list[dict[str, Any]]:
    """One record per model, task and metric, tallies included; a failed run is one record without a metric. Then numbers from papers."""
    ours = [record for row in board.rows for column in board.columns for record in _records(row, column)]
    papers = [record for row in board.reported for column in board.columns for record in _reported_records(row, column)]
    return ours + papers


def csv_text(board: "Leaderboard") -> str:
    """The records as CSV with a header; ``None`` is an empty field."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in record.items()} for record in records(board))
    return stream.getvalue()


def document(board: "Leaderboard") -> dict[str, Any]:
    """Everything that a board knows, as strict JSON."""
    suite = board.suite
    return {
        "schema": 1,
        "title": board.title,
        "suite": None if suite is None else {**asdict(suite), "tasks": dict(suite.tasks), "beside": list(suite.beside)},
        "columns": [_column(column) for column in board.columns],
        "rows": [_row(row, board) for row in board.rows],
        "reported": [_reported(row) for row in board.reported],
        "unscored": [asdict(one) for one in board.unscored],
        "outside": board.outside,
        "notes": [{**asdict(note), "tasks": list(note.tasks)} for note in notes(board)],
        "datasets": board.datasets,
        "facts": facts(board),
    }


def _records(row: Row, column: Column) -> Iterator[dict[str, Any]]:
    cell = row.cells[column.task]
    if cell.run is None:
        return
    common = _common(row, column, cell)
    if cell.state == "failed":
        yield dict.fromkeys(FIELDS) | common | {"reason": cell.reason(column.primary)}
        return
    for key, score in cell.run.values.items():
        standing = cell.standings.get(key)
        yield {
            **dict.fromkeys(FIELDS),
            **common,
            **_plain(score),
            "primary": key == column.primary,
            "rank": None if standing is None else standing.rank,
        }


def _reported_records(row: ReportedRow, column: Column) -> Iterator[dict[str, Any]]:
    for measure in column.measures:
        one = row.number(column.task, measure.key)
        if one is not None:
            data = column.facts["dataset"]
            yield dict.fromkeys(FIELDS) | {
                "model": row.name,
                "kind": "reported",
                "task": column.task,
                "task_title": column.title,
                "state": "reported",
                "metric": one.metric,
                "primary": one.metric == column.primary,
                "value": one.value,
                "higher_is_better": measure.higher_is_better,
                "count": False,
                "dataset": data["key"],
                "split": data["split"],
                "citation": one.citation,
                "note": one.note or None,
            }


def _plain(score: Score) -> dict[str, Any]:
    names = (
        "metric",
        "value",
        "low",
        "high",
        "n",
        "higher_is_better",
        "floor",
        "ceiling",
        "count",
        "reason",
        "resamples",
    )
    return {name: getattr(score, name) for name in names}


def _common(row: Row, column: Column, cell: Cell) -> dict[str, Any]:
    if cell.run is None:
        return {}
    record, report = cell.run.record, cell.run.report
    data, identity, times = record["dataset"], record["identity"], record["provenance"]
    return {
        "model": row.name,
        "revision": row.card.get("revision"),
        "config": ", ".join(f"{key}={value}" for key, value in sorted(row.config.items())) or None,
        "kind": row.kind,
        "task": column.task,
        "task_title": column.title,
        "task_version": identity["task_version"],
        "state": "ranked" if cell.standings else cell.state,
        "n_errors": report["n_errors"],
        "exposure": cell.exposure,
        "marks": "; ".join(mark.text for mark in cell.marks) or None,
        "limit": identity["limit"],
        "seed": identity["seed"],
        "dataset": data["key"],
        "split": identity["dataset"]["split"],
        "dataset_revision": data["revision"],
        "fingerprint": data["fingerprint"],
        "evidence": data["evidence"],
        "signature": report["metric"],
        "interval_method": report["interval"]["method"],
        "interval_level": report["interval"]["level"],
        "run": cell.run.id,
        **{key: times.get(key) for key in TOOK},
        **{key: times.get("usage", {}).get(key) for key in SPENT},
        "protocol": column.protocol if cell.state == "comparable" else "another",
    }


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _column(column: Column) -> dict[str, Any]:
    fields = asdict(column)
    fields["measures"] = [{**asdict(one), "heading": one.heading} for one in column.measures]
    return fields


def _row(row: Row, board: "Leaderboard") -> dict[str, Any]:
    total = None
    if row.total is not None:
        total = {**asdict(row.total), "standing": _standing(row.total.standing), "reason": row.total.reason}
    return {
        "key": row.key,
        "name": row.name,
        "label": row.label,
        "kind": row.kind,
        "card": dict(row.card),
        "config": dict(row.config),
        "total": total,
        "cells": {column.task: _cell(row.cells[column.task], column) for column in board.columns},
    }


def _cell(cell: Cell, column: Column) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "state": cell.state,
        "reason": cell.reason(column.primary),
        "marks": [asdict(mark) for mark in cell.marks],
        "exposure": cell.exposure,
        "left_out": list(cell.left_out),
        "run": None,
        "scores": {},
    }
    if cell.run is None:
        return fields
    return fields | {"run": _run(cell), "scores": {} if cell.state == "failed" else _scores(cell)}


def _reported(row: ReportedRow) -> dict[str, Any]:
    numbers = {
        task: {key: {"value": one.value, "note": one.note or None} for key, one in found.items()}
        for task, found in row.numbers.items()
    }
    return {"kind": "reported", "name": row.name, "citation": row.citation, "numbers": numbers}


def _scores(cell: Cell) -> dict[str, Any]:
    values: Mapping[str, Score] = {} if cell.run is None else cell.run.values
    return {
        key: {**_plain(score), "title": score.title, "standing": _standing(cell.standings.get(key))}
        for key, score in values.items()
    }


def _standing(standing: Standing | None) -> dict[str, Any] | None:
    return None if standing is None else {**asdict(standing), "text": standing.text}


def _run(cell: Cell) -> dict[str, Any] | None:
    if cell.run is None:
        return None
    record, report = cell.run.record, cell.run.report
    return {
        "id": cell.run.id,
        "status": record["status"],
        "identity": record["identity"],
        "evidence": record["dataset"]["evidence"],
        "provenance": record["provenance"],
        **{key: report[key] for key in ("metric", "n", "n_errors", "interval")},
        "aggregate": report.get("aggregate"),
        "notes": report.get("notes", {}),
    }
