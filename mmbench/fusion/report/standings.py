"""Who is better than whom: values over seeds with two-level intervals, paired tests, tie groups, what is added to the floors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, comb
from typing import Any

import numpy as np

from mmbench.fusion.study import LATE
from mmbench.metrics.spec import Array, Metric
from mmbench.runs.scoring import RESAMPLES, SEED
from mmbench.stats import Difference, TwoLevel, holm, two_level_groups, two_level_pairs, two_level_values
from mmbench.tasks.base import Scored, Task

ALPHA = 0.05
WEIGHED = 1_000  # resamples at least, of a value that no sums give, which are slow
Rated = tuple[str, str, Sequence[Scored]]  # name, kind, predictions per seed


@dataclass(frozen=True, slots=True)
class Standings:
    """What is known of the rows of a table.

    Attributes:
        rows: by name ``value``, ``low``, ``high``, ``per_seed``, ``sd``, ``group`` (tie group of methods, from 1; ``None`` is not ranked),
            ``versus_floor``, ``wins``.
        pairs: of methods, with p-values that Holm corrected for all of them.
    """

    rows: Mapping[str, Mapping[str, Any]]
    pairs: list[dict[str, Any]]

    def of(self, name: str) -> dict[str, Any]:
        """The facts of a row."""
        return dict(self.rows[name])


def standings(task: Task, rated: Sequence[Rated]) -> Standings:
    """All that the predictions say.

    Args:
        task: whose metric scored them.
        rated: the rows, methods and floors; all of the same samples.
    """
    better = task.metric.keys[task.primary].higher_is_better
    methods = [number for number, (_, kind, _) in enumerate(rated) if kind == "method"]
    found = resampled(task, [scored for _, _, scored in rated], pairs=comb(len(methods), 2))
    each = [[_primary(task, one) for one in scored] for _, _, scored in rated]
    ranked = _some(found, methods)
    pairs = two_level_pairs(ranked)
    groups = two_level_groups(ranked, pairs, higher_is_better=better, alpha=ALPHA)
    place = {methods[one]: number for number, group in enumerate(groups, start=1) for one in group}
    versus = _versus_floors(rated, found, methods, better=better)
    names = [name for name, _, _ in rated]
    rows = {
        name: {**_value(found, number, each[number]), "group": place.get(number), **versus.get(number, NO_FLOOR)}
        for number, name in enumerate(names)
    }
    return Standings(
        rows, [_pair(names[methods[a]], names[methods[b]], one, better=better) for (a, b), one in pairs.items()]
    )


def resampled(task: Task, models: Sequence[Sequence[Scored]], *, pairs: int) -> TwoLevel:
    """Values on resamples of test clusters and seeds, the same for all models; of folds the mean over them.

    There are so many of them that a difference can survive Holm's correction for ``pairs``: no p-value is below 1 / (resamples + 1).
    """
    least = ceil(2 * pairs / ALPHA)
    first = models[0][0]
    strata = np.zeros(len(first.ids)) if first.strata is None else np.asarray(first.strata)
    parts = []
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        clusters = [first.clusters[row] for row in rows.tolist()]
        parts.append(
            _resampled(
                task.metric, task.primary, [[_take(one, rows) for one in scored] for scored in models], clusters, least
            )
        )
    return TwoLevel(
        np.mean([one.points for one in parts], axis=0),
        np.mean([one.values for one in parts], axis=0),
        min(one.clusters for one in parts),
    )


def _resampled(
    metric: Metric, key: str, models: Sequence[Sequence[Mapping[str, Array]]], clusters: Sequence[str], least: int
) -> TwoLevel:  # fmt: skip
    sums = [_stacked([metric.sums(arrays) for arrays in scored]) for scored in models]
    if key in metric.from_sums({name: values[0].sum(-1) for name, values in sums[0].items()}):
        return two_level_values(
            sums, metric.from_sums, key=key, clusters=clusters, resamples=max(RESAMPLES, least), seed=SEED
        )
    arrays = [_stacked(scored) for scored in models]
    return two_level_values(
        arrays, key=key, from_weights=metric.from_weights, clusters=clusters, resamples=max(WEIGHED, least), seed=SEED
    )


def _take(scored: Scored, rows: Any) -> dict[str, Array]:
    return {name: values[rows] for name, values in scored.arrays.items()}


def _stacked(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _some(found: TwoLevel, numbers: Sequence[int]) -> TwoLevel:
    return TwoLevel(found.points[list(numbers)], found.values[list(numbers)], found.clusters)


def _primary(task: Task, scored: Scored) -> float | None:
    strata = np.zeros(len(scored.ids)) if scored.strata is None else np.asarray(scored.strata)
    values = [
        task.metric.aggregate(_take(scored, np.flatnonzero(strata == one)))[task.primary] for one in np.unique(strata)
    ]
    return _number(float(np.mean(values)))


def _value(found: TwoLevel, number: int, each: Sequence[float | None]) -> dict[str, Any]:
    interval = found.interval(number)
    known = [one for one in each if one is not None]
    return {
        "value": _number(float(found.points[number])),
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "per_seed": list(each),
        "sd": float(np.std(known, ddof=1)) if len(known) > 1 else None,
    }


NO_FLOOR: Mapping[str, Any] = {"versus_floor": None, "wins": None}


def _versus_floors(
    rated: Sequence[Rated], found: TwoLevel, methods: Sequence[int], *, better: bool
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Each method against the floor that is best on test, which errs on the floors' side; late fusion is a floor to the others."""
    sign = 1 if better else -1
    floors = [n for n, (name, kind, _) in enumerate(rated) if kind == "floor" or name == LATE]
    floors = [n for n in floors if np.isfinite(found.points[n])]
    tests: dict[int, tuple[int, Difference]] = {}
    for one in methods:
        others = [n for n in floors if n != one]
        if others and np.isfinite(found.points[one]):
            best = max(others, key=lambda n: sign * found.points[n])
            tests[one] = (best, found.difference(one, best))
    corrected = holm([np.nan if test.p_value is None else test.p_value for _, test in tests.values()])
    said = {}
    for (one, (best, test)), p in zip(tests.items(), corrected.tolist(), strict=True):
        holds = bool(p < ALPHA and sign * test.difference > 0)
        facts = {
            "name": rated[best][0],
            "difference": test.difference,
            "low": test.low,
            "high": test.high,
            "p_holm": _number(p),
        }
        said[one] = {"versus_floor": facts, "wins": holds}
    return said


def _pair(a: str, b: str, one: Difference, *, better: bool) -> dict[str, Any]:
    apart = one.p_holm is not None and one.p_holm < ALPHA and one.difference != 0
    return {
        "a": a,
        "b": b,
        "difference": _number(one.difference),
        "low": one.low,
        "high": one.high,
        "p_value": one.p_value,
        "p_holm": one.p_holm,
        "better": "" if not apart else "a" if (one.difference > 0) == better else "b",
    }


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
