"""``mmbench.compare``: whether models differ on the same samples, by paired tests, with what each sample says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmbench.errors import UserError
from mmbench.metrics import from_signature
from mmbench.metrics.spec import Array, Arrays, Metric
from mmbench.runs.records import Run, find_runs
from mmbench.runs.scoring import LEVEL, SEED
from mmbench.runs.usage import COLUMNS
from mmbench.stats import bootstrap_interval, holm, paired_exchange_test, paired_permutation_test

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
POINTS = 100
NOT_PROTOCOL = ("model", "batch_size")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models on one task.

    Attributes:
        task, metric: what is compared: the primary value.
        a, b: the models' names; ``a`` is the baseline.
        value_a, value_b: their values.
        difference: b minus a, in the metric's own direction.
        low, high: its 95 % interval, from clusters drawn for both models at once; ``None`` where there is none.
        p_value: two-sided, models exchanged by cluster; ``None`` where the metric allows no such test.
        p_holm: corrected for all pairs of the comparison.
        wins, ties, losses: samples on which b scores better than, like and worse than a; ``None`` where the metric has no score per sample.
        better: ``b``, ``a`` or ``""`` where they cannot be told apart (``p_holm`` of 0.05 or more).
        n: samples.
    """

    task: str
    metric: str
    a: str
    b: str
    value_a: float | None
    value_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    wins: int | None
    ties: int | None
    losses: int | None
    better: str
    n: int
    higher_is_better: bool

    @property
    def worse_by(self) -> float:
        """By how much ``b`` is worse than ``a``, in the metric's unit; negative where it is better."""
        if self.difference is None:
            return 0.0
        return -self.difference if self.higher_is_better else self.difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs of models on the tasks that they share.

    Attributes:
        pairs: sorted by task.
        left_out: sentences about runs that cannot be compared, and why.
    """

    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]

    def to_pandas(self) -> "pd.DataFrame":
        """One row per task and pair."""
        import pandas as pd

        return pd.DataFrame([asdict(pair) for pair in self.pairs])

    def to_dict(self) -> dict[str, Any]:
        """JSON facts."""
        return {"pairs": [asdict(pair) for pair in self.pairs], "left_out": list(self.left_out)}

    def regressions(self, points: float) -> list[Pair]:
        """Pairs in which ``b`` is surely worse than the baseline ``a``, and by more than ``points`` hundredths of the metric's unit."""
        return [one for one in self.pairs if one.better == "a" and one.worse_by * POINTS > points]


def compare(runs: Sequence[str | Path | Run]) -> Comparison:
    """Compare models sample by sample.

    Args:
        runs: run folders, or folders that hold runs (the first is the baseline), or runs. Every two models are compared on each task
            that both have run under one protocol on the same samples; of several runs of one model the newest whole one is taken.

    Raises:
        UserError: fewer than two models, or no task that two of them share.
    """
    entries = list(_entries(runs))
    models = list(dict.fromkeys(one.model for one in entries))
    if len(models) < 2:
        raise UserError(
            f"There is one model, {models[0]}, in what is to be compared: name the runs of two models, the baseline first."
        )
    newest: dict[tuple[str, str], Run] = {}
    for run in sorted(entries, key=_newest_whole):
        if run.record["status"] == "complete":
            newest[run.task, run.model] = run
    pairs: list[Pair] = []
    left_out: list[str] = []
    for task in sorted({task for task, _ in newest}):
        here = [newest[task, model] for model in models if (task, model) in newest]
        for a, b in combinations(here, 2):
            reason = _differs(a, b)
            if reason:
                left_out.append(f"{task}: {a.model} and {b.model} {reason}")
            else:
                pairs.append(_pair(a, b))
    if not pairs:
        said = f" ({left_out[0]})" if left_out else ""
        raise UserError(f"No two of these models have run one task under one protocol{said}: see `mmbench show RUN`.")
    corrected = holm([np.nan if one.p_value is None else one.p_value for one in pairs])
    return Comparison(tuple(map(_decided, pairs, corrected.tolist())), tuple(left_out))


def _newest_whole(run: Run) -> tuple[bool, str]:
    """Orders runs of one model on one task, the one to take last."""
    return run.limit is None, str(run.record["provenance"].get("finished") or "")


def _entries(runs: Sequence[str | Path | Run]) -> Iterator[Run]:
    for one in runs:
        if isinstance(one, Run):
            yield one
            continue
        found = list(find_runs(Path(one)))
        if not found:
            raise UserError(f"There is no finished run in {one}: name a folder that `mmbench run` wrote.")
        yield from found


def _differs(a: Run, b: Run) -> str:
    """Why two runs of a task cannot be compared; empty where they can."""
    ours, theirs = ({key: v for key, v in run.record["identity"].items() if key not in NOT_PROTOCOL} for run in (a, b))
    other = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    if other:
        return f"ran under different protocols (another {', another '.join(other)})"
    if a.report["metric"] != b.report["metric"]:
        return "were scored by different metrics: run them again, nothing is asked twice"
    if not all((run.folder / "samples.parquet").exists() for run in (a, b)):
        return "have no scores per sample"
    return ""


def _pair(a: Run, b: Run) -> Pair:
    left, right = a.samples, b.samples
    if list(left["id"]) != list(right["id"]):
        right = right.set_index("id").loc[list(left["id"])].reset_index()
    key = a.report["primary"]
    metric = _metric(a)
    clusters = list(left["cluster"])
    strata = list(left["fold"]) if "fold" in left else None
    tested = _tested(metric, key, left, right, clusters, strata)
    wins = ties = losses = None
    if key in left:
        sign = 1 if a.primary.higher_is_better else -1
        gaps = sign * (_column(right, key) - _column(left, key))
        wins, ties, losses = int((gaps > 0).sum()), int((gaps == 0).sum()), int((gaps < 0).sum())
    return Pair(
        task=a.task,
        metric=key,
        a=a.model,
        b=b.model,
        value_a=a.primary.value,
        value_b=b.primary.value,
        p_holm=None,
        wins=wins,
        ties=ties,
        losses=losses,
        better="",
        n=len(left),
        higher_is_better=a.primary.higher_is_better,
        **tested,
    )


def _metric(run: Run) -> Metric | None:
    """What computed the values; ``None`` of an imported log, whose value is a plain mean."""
    if run.record["provenance"].get("imported"):
        return None
    try:
        return from_signature(str(run.report["metric"]))
    except ValueError as error:
        raise UserError(
            f"{run.folder} cannot be compared: {error} Run the same command again to score it anew."
        ) from error


def _tested(
    metric: Metric | None, key: str, left: Any, right: Any, clusters: list[str], strata: list[int] | None
) -> dict[str, float | None]:
    """Difference, interval and p-value of the primary value, b minus a."""
    if metric is None:
        if key not in left:
            return dict.fromkeys(("difference", "low", "high", "p_value"))
        first, second = _column(left, key), _column(right, key)
        test = paired_permutation_test(second, first, clusters=clusters, seed=SEED)
        interval = _interval({"total": second - first, "n": np.ones(len(first))}, _mean, clusters, strata)["mean"]
        low, high = (None, None) if interval is None else interval
        return {"difference": test.difference, "low": low, "high": high, "p_value": test.p_value}
    ours, theirs = _arrays(left), _arrays(right)
    sums = [dict(metric.sums(arrays)) for arrays in (theirs, ours)]
    tests = paired_exchange_test(sums[0], sums[1], metric.from_sums, clusters=clusters, strata=strata, seed=SEED)
    both = {f"{side} {name}": values for side, one in zip("ba", sums, strict=True) for name, values in one.items()}

    def difference(found: Arrays) -> dict[str, Array]:
        values = [metric.from_sums({name: found[f"{side} {name}"] for name in sums[0]}) for side in "ba"]
        return {name: values[0][name] - values[1][name] for name in values[0]}

    intervals = _interval(both, difference, clusters, strata)
    if key not in tests:
        return _by_weights(metric, key, theirs, ours, clusters, strata)
    low, high = intervals[key] or (None, None)
    return {"difference": tests[key].difference, "low": low, "high": high, "p_value": tests[key].p_value}


def _by_weights(
    metric: Metric, key: str, theirs: Arrays, ours: Arrays, clusters: list[str], strata: list[int] | None
) -> dict[str, float | None]:
    """Of a value that no sums give (a rank correlation, a median): the interval of the difference, and no test."""
    if metric.from_weights is None:
        return dict.fromkeys(("difference", "low", "high", "p_value"))
    weigh = metric.from_weights
    both = {f"b {name}": values for name, values in theirs.items()} | {f"a {n}": values for n, values in ours.items()}

    def difference(arrays: Arrays, weights: Array) -> dict[str, Array]:
        values = [weigh({name: arrays[f"{side} {name}"] for name in ours}, weights) for side in "ba"]
        return {key: values[0][key] - values[1][key]}

    n = len(next(iter(ours.values())))
    found = bootstrap_interval(
        {"n": np.ones(n)}, _no_sums, arrays=both, from_weights=difference, clusters=clusters, strata=strata, level=LEVEL, seed=SEED
    )[key]  # fmt: skip
    value = float(difference(both, np.ones((1, n)))[key][0])
    low, high = (None, None) if found is None else found
    return {"difference": value if np.isfinite(value) else None, "low": low, "high": high, "p_value": None}


def _interval(sums: Arrays, from_sums: Any, clusters: list[str], strata: list[int] | None) -> Mapping[str, Any]:
    return bootstrap_interval(sums, from_sums, clusters=clusters, strata=strata, level=LEVEL, seed=SEED)


def _no_sums(_sums: Arrays) -> dict[str, Array]:
    return {}


def _mean(sums: Arrays) -> dict[str, Array]:
    return {"mean": sums["total"] / sums["n"]}


def _column(samples: Any, name: str) -> Array:
    return np.asarray(samples[name].to_numpy(), dtype=np.float64)


def _arrays(samples: Any) -> dict[str, Array]:
    """The metric's per-sample arrays, as they were stored."""
    from pandas.api.types import is_numeric_dtype

    beside = {"id", "cluster", "fold", "error", *COLUMNS}
    found = {}
    for name in samples.columns:
        if name in beside:
            continue
        if is_numeric_dtype(samples[name]):
            found[name] = _column(samples, name)
        elif isinstance(samples[name].iloc[0], np.ndarray):  # a row per sample: scores of several classes
            found[name] = np.stack(samples[name].to_numpy())
    return found


def _decided(pair: Pair, corrected: float) -> Pair:
    known = None if np.isnan(corrected) else corrected
    if known is None or known >= ALPHA or pair.difference is None:
        return replace(pair, p_holm=known)
    return replace(pair, p_holm=known, better="a" if pair.worse_by > 0 else "b")
