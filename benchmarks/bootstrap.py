"""What intervals cost: a mean beside multinomial weights, and all that a retrieval metric reports.

Every contender resamples the same values as often; medians over interleaved rounds are printed.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.functional import retrieval_metric
from mmbench.stats import bootstrap_interval, bootstrap_mean

Array = NDArray[np.float64]


def main() -> None:
    """Parse the command line, run, print one row per contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10_000, help="number of samples")
    parser.add_argument("--per-cluster", type=int, default=1, help="samples per cluster")
    parser.add_argument("--resamples", type=int, default=10_000, help="number of resamples")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds")
    args = parser.parse_args()
    contenders = make(args.samples, args.per_cluster, args.resamples)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(args.rounds):
        for name, run in contenders.items():
            times[name].append(seconds(run))
    print(f"{args.resamples} resamples of {args.samples} samples, {args.per_cluster} per cluster")
    for name, found in times.items():
        print(f"{name:<44} {statistics.median(found):8.3f} s")


def make(n: int, per_cluster: int, resamples: int) -> dict[str, Callable[[], object]]:
    """The contenders by name."""
    rng = np.random.default_rng(0)
    values, clusters = rng.random(n), np.arange(n) // per_cluster
    metric = retrieval_metric(inputs="scores")
    arrays = metric.per_sample(rng.standard_normal((n, 50)), np.arange(n) % 50)

    def whole_metric() -> object:
        return bootstrap_interval(
            metric.sums(arrays), metric.from_sums, arrays=arrays, from_weights=metric.from_weights,
            clusters=clusters, resamples=resamples,
        )  # fmt: skip

    return {
        "ours, a mean": lambda: bootstrap_mean(values, clusters=clusters, resamples=resamples),
        "ours, retrieval: 5 scores and median rank": whole_metric,
        "multinomial weights, a mean": lambda: multinomial(values, clusters, resamples),
    }


def multinomial(values: Array, clusters: NDArray[np.int64], resamples: int) -> Array:
    """The textbook way: counts per cluster, weighted sums."""
    rng, n = np.random.default_rng(0), int(clusters.max()) + 1
    totals, sizes = np.bincount(clusters, weights=values), np.bincount(clusters)
    means = np.empty(resamples)
    for start in range(0, resamples, 100):
        weights = rng.multinomial(n, np.full(n, 1 / n), size=len(means[start : start + 100]))
        means[start : start + 100] = (weights @ totals) / (weights @ sizes)
    return np.quantile(means, [0.025, 0.975])


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
