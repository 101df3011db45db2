"""Per-sample arrays to values with intervals: a pure function of what is stored."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from mmbench.metrics.spec import Metric
from mmbench.runs.hidden import WITHHELD
from mmbench.runs.records import Score
from mmbench.runs.repetition import repetition
from mmbench.stats import Interval, bootstrap_interval, estimate
from mmbench.tasks.base import Plan, Scored, Task

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 0


def report(task: Task, plan: Plan, scored: Scored) -> dict[str, Any]:
    """The document ``scores.json``: the same bytes for the same outputs.

    Values are over all samples, or the mean over strata (folds). Intervals are 95 % percentile bootstrap intervals that resample whole
    clusters; they cover the choice of test items, and not the choice of training items or seeds.
    """
    metric = task.metric
    values, shown = ({}, {}) if plan.hidden else _estimated(metric, scored)
    scores = [
        Score(
            metric=key,
            title=facts.title,
            value=_finite(values.get(key)),
            low=shown[key].low if key in shown else None,
            high=shown[key].high if key in shown else None,
            n=len(scored.ids) // scored.repeats,
            higher_is_better=facts.higher_is_better,
            floor=plan.floors.get(key),
            ceiling=plan.ceilings.get(key),
            count=facts.count,
            definition=facts.definition,
            source=facts.source,
            reason=WITHHELD if plan.hidden else None if math.isfinite(values[key]) else facts.undefined,
            resamples=shown[key].resamples if key in shown else None,
        )
        for key, facts in metric.keys.items()
    ]
    return {
        "schema": 1,
        "task": task.id,
        "task_version": task.version,
        "metric": metric.signature,
        "primary": task.primary,
        "n": len(scored.ids) // scored.repeats,
        "n_errors": len(scored.errors),
        "aggregate": "all samples" if scored.strata is None else f"mean over {len(set(scored.strata))} folds",
        "interval": {
            "method": "percentile bootstrap by cluster",
            "level": LEVEL,
            "seed": SEED,
            "clusters": len(set(scored.clusters)),
            "covers": "the choice of test items",
        },
        "notes": {**plan.notes, **scored.notes},
        **({"repeats": {"n": scored.repeats, "keys": repetition(metric, scored)}} if scored.repeats > 1 else {}),
        "scores": [asdict(score) for score in scores],
    }


def sample_table(scored: Scored) -> dict[str, Sequence[Any] | NDArray[Any]]:
    """The columns of ``samples.parquet``."""
    columns: dict[str, Sequence[Any] | NDArray[Any]] = {"id": list(scored.ids), "cluster": list(scored.clusters)}
    if scored.strata is not None:
        columns["fold"] = list(scored.strata)
    columns |= {name: values if values.ndim == 1 else list(values) for name, values in scored.arrays.items()}
    columns |= {name: list(values) for name, values in scored.shown.items()}
    columns["error"] = [scored.errors.get(key) for key in scored.ids]
    return columns


def _estimated(metric: Metric, scored: Scored) -> tuple[Mapping[str, float], dict[str, Interval]]:
    """Values by key, NaN where undefined, and the intervals of those that have one."""
    sums, arrays, strata = metric.sums(scored.arrays), scored.arrays, scored.strata
    values = estimate(sums, metric.from_sums, arrays=arrays, from_weights=metric.from_weights, strata=strata)
    intervals = bootstrap_interval(
        sums,
        metric.from_sums,
        arrays=arrays,
        from_weights=metric.from_weights,
        clusters=scored.clusters,
        strata=strata,
        resamples=RESAMPLES,
        level=LEVEL,
        seed=SEED,
    )
    return values, {key: found for key, found in intervals.items() if found is not None and not metric.keys[key].count}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
