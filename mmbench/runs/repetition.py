"""What repetitions of the same requests say: how much a score moves when only the draw of the answers does."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.spec import Metric
from mmbench.stats import clustered_standard_error
from mmbench.tasks.base import Scored


def repetition(metric: Metric, scored: Scored) -> dict[str, Any]:
    """The values of each repetition, and where a score is a mean over samples, its error split in two.

    Per key ``values`` (one per repetition) and their standard deviation ``sd``. For means also ``sampling_error``, the clustered standard
    error of the mean of per-sample means, which covers both; ``answer_error``, the part that more repetitions would take away; and
    ``within``, the mean variance of one sample's answers.

    Source: Miller (2024), "Adding error bars to evals", section 3.1: Var(mean) = (Var between samples + E[variance within] / K) / n.
    """
    n, repeats = len(scored.ids) // scored.repeats, scored.repeats
    parts = [{name: values[k * n : (k + 1) * n] for name, values in scored.arrays.items()} for k in range(repeats)]
    each = [metric.aggregate(part) for part in parts]
    found: dict[str, Any] = {}
    for key, facts in metric.keys.items():
        values = np.asarray([one[key] for one in each])
        if facts.count or not np.isfinite(values).all():
            continue
        found[key] = {"values": values.tolist(), "sd": float(values.std(ddof=1)), **_errors(key, scored, n)}
    return found


def _errors(key: str, scored: Scored, n: int) -> dict[str, float]:
    table = (
        scored.arrays[key].reshape(scored.repeats, n) if key in scored.arrays else np.full((scored.repeats, n), np.nan)
    )
    kept: NDArray[np.bool_] = np.asarray(np.isfinite(table).all(axis=0))
    clusters = [cluster for cluster, there in zip(scored.clusters[:n], kept.tolist(), strict=True) if there]
    if len(set(clusters)) < 2:
        return {}
    table = table[:, kept]
    within = float(table.var(axis=0, ddof=1).mean())
    return {
        "sampling_error": clustered_standard_error(table.mean(axis=0), clusters),
        "answer_error": float(np.sqrt(within / (scored.repeats * table.shape[1]))),
        "within": within,
    }
