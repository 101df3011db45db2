"""From runs to a board: which run stands in which cell, what is said about it, and who is ranked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from mmbench.leaderboards.numbers import unit_of
from mmbench.leaderboards.ranking import column_standings, total, total_standings
from mmbench.leaderboards.reading import Entry
from mmbench.leaderboards.values import KINDS, Cell, Column, Exposure, Group, Kind, Mark, Measure, Row, SuiteFacts

APART, DATA, ERRORS = "†", "‡", "!"
SHORT = 12


def columns_of(entries: Sequence[Entry], suite: SuiteFacts | None) -> tuple[Column, ...]:
    """The columns of a board, in order. A task of the suite has one even where nobody ran it."""
    by_task: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_task[entry.run.task].append(entry)
    if suite is None:
        return tuple(_column(task, "tasks", by_task[task], None) for task in sorted(by_task))
    beside = [_column(task, "beside", by_task[task], None) for task in suite.beside if task in by_task]
    inside = [_column(task, "suite", by_task[task], version) for task, version in suite.tasks.items()]
    return tuple(beside + inside)


def rows_of(entries: Sequence[Entry], columns: Sequence[Column], suite: SuiteFacts | None) -> tuple[Row, ...]:
    """Ceilings, models and floors, each from best to worst by the suite score, or else by the first column."""
    by_row: dict[str, list[Entry]] = defaultdict(list)
    shown = {column.task for column in columns}
    for entry in entries:
        if entry.run.task in shown:
            by_row[entry.row].append(entry)
    rows = [_row(key, found, columns) for key, found in by_row.items()]
    rows = _labelled(_ranked(rows, columns))
    if suite is not None:
        inside = [column for column in columns if column.group == "suite"]
        rows = [replace(row, total=total(row.cells, inside)) for row in rows]
        places = total_standings(rows)
        rows = [
            replace(row, total=replace(row.total, standing=places.get(row.key))) if row.total else row for row in rows
        ]
    return tuple(sorted(rows, key=lambda row: _order(row, columns)))


def _column(task: str, group: Group, entries: Sequence[Entry], version: int | None) -> Column:
    done = [entry for entry in entries if entry.complete]
    wanted = version if version is not None else max((entry.version for entry in done or entries), default=0)
    whole = [entry for entry in done if entry.version == wanted and entry.facts["limit"] is None]
    protocol = _majority(whole)
    reference = max(
        [entry for entry in whole if entry.protocol == protocol] or done or entries,
        key=lambda entry: entry.finished,
        default=None,
    )
    if reference is None:
        return Column(task, task, group, wanted, None, {}, (), "", None)
    run = reference.run
    measures = tuple(
        Measure(score.metric, score.title, unit_of(score), score.higher_is_better, score.definition, score.source)
        for score in run.values.values()
        if not score.count
    )
    return Column(
        task=task,
        title=str(run.record["task"]["title"]),
        group=group,
        version=wanted,
        protocol=protocol,
        facts=reference.facts if protocol is not None else {},
        measures=measures,
        primary=str(run.report["primary"]),
        n=run.report["n"] if protocol is not None else None,
    )


def _majority(entries: Sequence[Entry]) -> str | None:
    """The protocol that most models ran; the newest of them where there are several."""
    models: dict[str, set[str]] = defaultdict(set)
    newest: dict[str, tuple[str, str]] = {}
    for entry in entries:
        models[entry.protocol].add(entry.row)
        newest[entry.protocol] = max(newest.get(entry.protocol, ("", "")), entry.finished)
    return max(models, key=lambda protocol: (len(models[protocol]), newest[protocol]), default=None)


def _row(key: str, entries: Sequence[Entry], columns: Sequence[Column]) -> Row:
    newest = max(entries, key=lambda entry: entry.finished).run
    card = newest.record["model"]
    kind = cast("Kind", card["kind"] if card["kind"] in KINDS else "model")
    cells = {
        column.task: _cell([entry for entry in entries if entry.run.task == column.task], column) for column in columns
    }
    name = newest.model
    return Row(key, name, name, kind, card, newest.record["identity"]["model"].get("config") or {}, cells)


def _cell(entries: Sequence[Entry], column: Column) -> Cell:
    """The newest run of the column's protocol; without one, a whole run of another, a partial one, a failed one."""
    if not entries:
        return Cell("missing")
    best = max(
        entries,
        key=lambda entry: (
            entry.complete,
            entry.protocol == column.protocol,
            entry.facts["limit"] is None,
            entry.finished,
        ),
    )
    exposure = _exposure(best)
    others = [entry for entry in entries if entry is not best and entry.complete]
    left_out = _left_out(best, others, column)
    if not best.complete:
        return Cell("failed", best.run, (), exposure, {}, left_out)
    comparable = best.protocol == column.protocol
    return Cell("comparable" if comparable else "apart", best.run, _marks(best, column), exposure, {}, left_out)


def _left_out(best: Entry, others: Sequence[Entry], column: Column) -> tuple[str, ...]:
    same = sum(entry.protocol == best.protocol for entry in others)
    found = [f"the newest of {same + 1} runs, {best.run.id}, is shown"] if same else []
    found += [
        f"run {entry.run.id} is not shown ({_difference(entry, column)})"
        for entry in others
        if entry.protocol != best.protocol
    ]
    return tuple(found)


def _exposure(entry: Entry) -> Exposure:
    """What is known about a model and this dataset. Nothing known is never called zero-shot."""
    card, dataset = entry.run.record["model"], entry.run.record["dataset"]["key"]
    trained = card.get("training_datasets")
    if str(card.get("fitted_on") or "").split(" ")[0] == dataset or dataset in (trained or ()):
        return "trained on"
    return "unknown" if trained is None else "zero-shot"


def _marks(entry: Entry, column: Column) -> tuple[Mark, ...]:
    found = []
    if entry.protocol != column.protocol:
        found.append(Mark(APART, f"not ranked: {_difference(entry, column)}"))
    evidence = entry.run.record["dataset"].get("evidence")
    if evidence == "generated-differs":
        found.append(Mark(DATA, "the data generated on that machine differ from the published hash"))
    elif evidence == "locked":
        found.append(
            Mark(DATA, "the revision of the data was resolved on that machine (mmbench.lock), not pinned by the card")
        )
    elif evidence == "imported":
        tool = entry.run.record["provenance"]["imported"]["tool"]
        found.append(Mark(DATA, f"imported from a log of {tool}: neither its data nor its scoring were checked here"))
    elif evidence == "unpinned":
        found.append(Mark(DATA, "the data are not pinned to a published hash"))
    failed = (entry.run.record["dataset"].get("checks") or {}).get("failed") or ()
    if failed:
        found.append(Mark(DATA, f"an alignment check of the data fails: {', '.join(map(str, failed))}"))
    errors, n = int(entry.run.report["n_errors"]), entry.run.report["n"]
    if errors:
        found.append(Mark(ERRORS, f"{errors} of {n} samples failed and count as wrong, as the metric lays down"))
    return tuple(found)


def _difference(entry: Entry, column: Column) -> str:
    """In words, how a run differs from its column."""
    facts, other = entry.facts, column.facts
    found = [] if facts["limit"] is None else [f"partial: {entry.run.report['n']} samples (--limit {facts['limit']})"]
    if entry.version != column.version:
        found.append(f"task version {entry.version}, the column is version {column.version}")
    if other:
        found += [f"another {name}" for name in ("metric", "seed") if facts.get(name) != other.get(name)]
        found += _changed("dataset ", facts["dataset"], other["dataset"])
        found += _changed("", facts["protocol"], other["protocol"])
        known = {"limit", "task", "task_version", "metric", "seed", "dataset", "protocol"}
        found += [
            f"another {name}"
            for name in sorted((facts.keys() | other.keys()) - known)
            if facts.get(name) != other.get(name)
        ]
    return "; ".join(found) or "there is no whole run to compare with"


def _changed(prefix: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    return [
        f"another {prefix}{name}" for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)
    ]


def _ranked(rows: list[Row], columns: Sequence[Column]) -> list[Row]:
    for column in columns:
        found = column_standings(column, rows)
        rows = [
            replace(
                row, cells={**row.cells, column.task: replace(row.cells[column.task], standings=found.get(row.key, {}))}
            )
            for row in rows
        ]
    return rows


def _labelled(rows: list[Row]) -> list[Row]:
    """Names, told apart by revision and configuration where several rows have the same one."""
    names = [row.name for row in rows]
    return [replace(row, label=_label(row)) if names.count(row.name) > 1 else row for row in rows]


def _label(row: Row) -> str:
    settings = ", ".join(f"{key}={value}" for key, value in sorted(row.config.items()))
    revision = str(row.card.get("revision") or "unknown revision")[:SHORT]
    return f"{row.name} ({'; '.join(filter(None, [revision, settings]))})"


def _order(row: Row, columns: Sequence[Column]) -> tuple[int, bool, bool, float, str]:
    """By kind, then by suite score or the first column's primary value; unranked values come after, nulls last."""
    if row.total is not None:
        value = row.total.value
        return KINDS.index(row.kind), value is None, False, -(value or 0.0), row.label
    column = columns[0]
    cell = row.cells[column.task]
    score = cell.score(column.primary)
    value = None if score is None else score.value
    sign = -1.0 if score is None or score.higher_is_better else 1.0
    return KINDS.index(row.kind), value is None, cell.state == "apart", sign * (value or 0.0), row.label
