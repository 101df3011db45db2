"""Answers, numbers and pair scores out of rows, as models: every one is found by its id."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.base import ModelCard
from mmbench.models.files.matching import Matched, Side, compare, same_task
from mmbench.models.files.rows import Row
from mmbench.samples import MediaError, Request, Response, Sample

MISSING = "the file has no prediction for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a file are called."""

    id: str = "id"
    prediction: str = "prediction"
    scores: str = "scores"
    left: str = "left"
    right: str = "right"
    score: str = "score"
    error: str = "error"
    finish_reason: str = "finish_reason"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row: what was predicted, or why nothing was."""

    value: Any
    error: str | None
    finish_reason: str


class Answers:
    """Texts and numbers by the sample's id, for tasks that generate or predict."""

    def __init__(self, what: str, rows: Sequence[tuple[str, Row]], columns: Columns, card: ModelCard) -> None:
        self.card = card
        self._what = what
        self._by_id = {key: _answer(f"{what} {place}", row, columns) for key, place, row in keyed(what, rows, columns)}
        self._tasks = tasks_of(rows)

    @property
    def ids(self) -> frozenset[str]:
        """The samples that the file predicts."""
        return frozenset(self._by_id)

    def match(self, task: str, sides: Sequence[Side]) -> Matched:
        """Compare the ids with those of the task."""
        same_task(self._what, self._tasks, task)
        return compare(self._what, self.ids, (key for side in sides for key in side.ids), task)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The stored answers; a sample without one is an error that names it."""
        return [self._response(request.sample_id) for request in requests]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """The stored numbers ``(n, 1)``; ``MediaError`` for a sample without one."""
        return np.asarray([[self._number(sample.id)] for sample in samples], dtype=np.float64)

    def _response(self, key: str) -> Response:
        found = self._by_id.get(key, Answer(None, MISSING, "error"))
        if found.error is not None:
            return Response(key, "", "error", found.error)
        return Response(key, str(found.value), found.finish_reason)

    def _number(self, key: str) -> float:
        found = self._by_id.get(key, Answer(None, MISSING, "error"))
        if found.error is not None:
            raise MediaError(key, found.error)
        value = number(found.value)
        if value is None:
            raise MediaError(key, f"the prediction {found.value!r} is not a number")
        return value


class ScoreVectors:
    """A score per class by the sample's id, for tasks that predict classes."""

    def __init__(self, what: str, rows: Sequence[tuple[str, Row]], columns: Columns, card: ModelCard) -> None:
        self.card = card
        self._what = what
        self._tasks = tasks_of(rows)
        self._by_id: dict[str, NDArray[np.float64]] = {}
        self._errors: dict[str, str] = {}
        for key, place, row in keyed(what, rows, columns):
            if row.get(columns.error):
                self._errors[key] = str(row[columns.error])
            else:
                given = row.get(columns.scores)
                name = columns.prediction if given is None else columns.scores
                self._by_id[key] = vector(f"{what} {place}", row.get(name), columns.scores)
        one_width(what, [(key, len(values)) for key, values in self._by_id.items()])

    def match(self, task: str, sides: Sequence[Side]) -> Matched:
        """Compare the ids with those of the task."""
        same_task(self._what, self._tasks, task)
        held = self._by_id.keys() | self._errors.keys()
        return compare(self._what, held, (key for side in sides for key in side.ids), task)

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """The stored scores ``(n, classes)``; ``MediaError`` for a sample without."""
        for sample in samples:
            if sample.id not in self._by_id:
                raise MediaError(sample.id, self._errors.get(sample.id, MISSING))
        return np.stack([self._by_id[sample.id] for sample in samples])


class PairScores:
    """A score per pair, by the ids of its two samples or by the pair's own id."""

    def __init__(self, what: str, rows: Sequence[tuple[str, Row]], columns: Columns, card: ModelCard) -> None:
        self.card = card
        self._what = what
        self._tasks = tasks_of(rows)
        self._by_pair: dict[tuple[str, str], float] = {}
        self._names: dict[tuple[str, str], str] = {}  # pairs that a task calls by an id of their own
        for place, row in rows:
            pair = _pair(f"{what} {place}", row, columns)
            if pair in self._by_pair:
                raise UserError(f"{what} {place} scores {_spelled(pair)} a second time: keep one row per pair.")
            self._by_pair[pair] = _score(f"{what} {place}", row, columns)

    def match(self, task: str, sides: Sequence[Side]) -> Matched:
        """Compare the pairs with those of the task, and remember what the task calls them."""
        same_task(self._what, self._tasks, task)
        for side in sides:
            self._names |= dict(zip(side.pairs, side.ids, strict=True)) if side.pairs else {}
        held = {_spelled(pair) for pair in self._by_pair}
        named = {name: pair for pair, name in self._names.items()}
        wanted = {_spelled(named[key]) if ("", key) not in self._by_pair else key for key in named}
        return compare(self._what, held, wanted, task)

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.float64]:
        """The stored scores ``(n,)``; NaN for a pair without one, which makes it an error of that pair alone."""
        pairs = [(one.id, other.id) for one, other in zip(left, right, strict=True)]
        return np.asarray([self._found(pair) for pair in pairs], dtype=np.float64)

    def _found(self, pair: tuple[str, str]) -> float:
        if pair in self._by_pair:
            return self._by_pair[pair]
        return self._by_pair.get(("", self._names.get(pair, "")), math.nan)


def keyed(what: str, rows: Sequence[tuple[str, Row]], columns: Columns) -> list[tuple[str, str, Row]]:
    """Id, place and row; ``UserError`` for a row without an id, or an id that comes twice."""
    seen: set[str] = set()
    found = []
    for place, row in rows:
        if row.get(columns.id) in (None, ""):
            raise UserError(
                f"{what} {place} needs the keys {columns.id} and {columns.prediction}: it has {', '.join(row) or 'none'}."
            )
        key = str(row[columns.id])
        if key in seen:
            raise UserError(f"{what} {place} predicts {key!r} a second time: keep one row per sample.")
        seen.add(key)
        found.append((key, place, row))
    return found


def number(value: Any) -> float | None:
    """A number, or a text that spells one (in CSV everything is text); ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def vector(where: str, value: Any, column: str) -> NDArray[np.float64]:
    """A list of numbers; ``UserError`` otherwise."""
    values = [number(one) for one in value] if isinstance(value, list) else []
    known = [one for one in values if one is not None]
    if not known or len(known) != len(values):
        raise UserError(f"{where}: {column} has to be a list of numbers, as [0.1, 0.9].")
    return np.asarray(known, dtype=np.float64)


def one_width(what: str, widths: Sequence[tuple[str, int]]) -> None:
    """``UserError`` where the vectors of a file have different lengths."""
    for key, width in widths:
        if width != widths[0][1]:
            raise UserError(
                f"{what}: the vector of {key!r} has {width} numbers, that of {widths[0][0]!r} {widths[0][1]}: one length is needed."
            )


def tasks_of(rows: Sequence[tuple[str, Row]]) -> frozenset[str]:
    """The tasks that exported requests say they were made for."""
    return frozenset(str(row["task"]) for _, row in rows if isinstance(row.get("task"), str) and row["task"])


def _answer(where: str, row: Row, columns: Columns) -> Answer:
    error, value = row.get(columns.error), row.get(columns.prediction)
    if error:
        return Answer(None, str(error), "error")
    if not isinstance(value, str | int | float):
        raise UserError(
            f"{where} needs the keys {columns.id} and {columns.prediction} (a text or a number), or an {columns.error}."
        )
    return Answer(value, None, str(row.get(columns.finish_reason) or "stop"))


def _pair(where: str, row: Mapping[str, Any], columns: Columns) -> tuple[str, str]:
    left, right, key = (row.get(name) for name in (columns.left, columns.right, columns.id))
    if left not in (None, "") and right not in (None, ""):
        return str(left), str(right)
    if key not in (None, ""):
        return "", str(key)
    raise UserError(
        f"{where} needs the keys {columns.left} and {columns.right} (the ids of the two samples), or {columns.id} of the pair."
    )


def _score(where: str, row: Row, columns: Columns) -> float:
    if row.get(columns.error):
        return math.nan
    given = row.get(columns.score)
    value = number(row.get(columns.prediction) if given is None else given)
    if value is None:
        raise UserError(f"{where} needs a number under {columns.score} or {columns.prediction}.")
    return value


def _spelled(pair: tuple[str, str]) -> str:
    return pair[1] if not pair[0] else f"{pair[0]} with {pair[1]}"
