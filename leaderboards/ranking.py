"""Ranks that are honest about ties, and the score of a suite."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from mmbench.leaderboards.values import Cell, Column, Row, Standing, Total
from mmbench.runs.records import Score

Bounds = tuple[float, float]


def standings(bounds: Mapping[str, Bounds]) -> dict[str, Standing]:
    """Intervals ``(low, high)`` by name, higher is better, to standings: rank = 1 + intervals that lie wholly above."""
    lows = sorted(low for low, _ in bounds.values())
    ranks = {key: 1 + len(lows) - bisect_right(lows, high) for key, (_, high) in bounds.items()}
    sharing = Counter(ranks.values())
    places = {rank: place for place, rank in enumerate(sorted(sharing)[:2], start=1)} if len(bounds) > 1 else {}
    return {key: Standing(rank, sharing[rank] > 1, places.get(rank)) for key, rank in ranks.items()}


def column_standings(column: Column, rows: Sequence[Row]) -> dict[str, dict[str, Standing]]:
    """Standings by row and measure, among models (no floors, no ceilings) that ran the column's protocol."""
    found: dict[str, dict[str, Standing]] = {}
    for measure in column.measures:
        bounds = {row.key: _bounds(row.cells[column.task], measure.key) for row in rows if row.kind == "model"}
        known = {key: pair for key, pair in bounds.items() if pair is not None}
        for key, standing in standings(known).items():
            found.setdefault(key, {})[measure.key] = standing
    return found


def total(cells: Mapping[str, Cell], columns: Sequence[Column]) -> Total:
    """The suite score over a suite's columns; see ``Total``."""
    found = [_gain(cells[column.task], column.primary) for column in columns]
    gains = [gain for gain in found if gain is not None]
    if not columns or len(gains) < len(columns):
        return Total(None, None, None, len(gains), len(columns))
    values, lows, highs = zip(*gains, strict=True)
    low, high = _mean(lows), _mean(highs)
    return Total(_mean(values), low, high, len(gains), len(columns))


def total_standings(rows: Sequence[Row]) -> dict[str, Standing]:
    """Standings by row among the models that have a suite score."""
    bounds: dict[str, Bounds] = {}
    for row in rows:
        if row.kind == "model" and row.total is not None:
            low, high = row.total.low, row.total.high
            if low is not None and high is not None:
                bounds[row.key] = (low, high)
    return standings(bounds)


def _bounds(cell: Cell, key: str) -> Bounds | None:
    """The interval that ranks, higher is better; ``None`` without one, since a bare number proves no order."""
    score = cell.score(key)
    if cell.state != "comparable" or score is None or score.value is None or score.low is None or score.high is None:
        return None
    return (score.low, score.high) if score.higher_is_better else (-score.high, -score.low)


def _gain(cell: Cell, key: str) -> tuple[float, float | None, float | None] | None:
    """Value and bounds on the scale where chance is 0 and the best is 1."""
    score = cell.score(key)
    if cell.state != "comparable" or score is None or score.value is None or not _has_chance(score):
        return None
    floor = score.floor or 0.0
    return (
        (score.value - floor) / (1 - floor),
        None if score.low is None else (score.low - floor) / (1 - floor),
        None if score.high is None else (score.high - floor) / (1 - floor),
    )


def _has_chance(score: Score) -> bool:
    return score.floor is not None and score.floor < 1 and score.higher_is_better


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
