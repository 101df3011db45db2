"""What intervals cost: 10,000 resamples of a mean beside multinomial weights, and of all that a retrieval metric reports.

Every contender resamples the same values as often; medians over interleaved rounds are printed. The floor is drawing the
random numbers of one sample after the other.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from racing import seconds

from mmbench.metrics.functional import retrieval_metric
from mmbench.stats import bootstrap_interval, bootstrap_mean

Array = NDArray[np.float64]
Contenders = dict[str, Callable[[], object]]
FEW = (0.0, 0.3, 0.6, 0.9, 1.0)  # the values of VQA accuracy


def main() -> None:
    """Parse the command line, run, print one row per contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[10_000, 200_000], help="numbers of samples")
    parser.add_argument("--per-cluster", type=int, default=1, help="samples per cluster")
    parser.add_argument("--resamples", type=int, default=10_000, help="number of resamples")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds")
    args = parser.parse_args()
    for line in rows(args.samples, args.per_cluster, args.resamples, args.rounds):
        print(line, flush=True)


def rows(samples: list[int], per_cluster: int = 1, resamples: int = 10_000, rounds: int = 3) -> Iterator[str]:
    """The lines of the table."""
    for n in samples:
        contenders = make(n, per_cluster, resamples)
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, run in contenders.items():
                times[name].append(seconds(run))
        for name, found in times.items():
            yield f"{resamples} resamples of {n} samples: {name:<44} {statistics.median(found):8.3f} s"


def make(n: int, per_cluster: int, resamples: int) -> Contenders:
    """The contenders by name; the slow ones up to 20,000 samples only."""
    rng = np.random.default_rng(0)
    values, clusters = rng.random(n), np.arange(n) // per_cluster
    few = rng.choice(FEW, n)
    found: Contenders = {
        "the floor: random numbers alone": partial(floor, n // per_cluster, resamples),
        "a mean of many values": partial(bootstrap_mean, values, clusters=clusters, resamples=resamples),
        "a mean of five values": partial(bootstrap_mean, few, clusters=clusters, resamples=resamples),
    }
    if n <= 20_000:
        metric = retrieval_metric(inputs="scores")
        arrays = metric.per_sample(rng.standard_normal((n, 50)), np.arange(n) % 50)
        found["retrieval: 5 scores and the median rank"] = partial(
            bootstrap_interval, metric.sums(arrays), metric.from_sums, arrays=arrays, from_weights=metric.from_weights,
            clusters=clusters, resamples=resamples,
        )  # fmt: skip
        found["multinomial weights, a mean (not ours)"] = partial(multinomial, values, clusters, resamples)
    return found


def floor(n: int, resamples: int) -> None:
    """As many random numbers as there are draws."""
    rng, block = np.random.default_rng(0), max(1, 2**18 // n)
    for _ in range(0, resamples, block):
        rng.integers(0, n, (block, n))


def multinomial(values: Array, clusters: NDArray[np.int64], resamples: int) -> Array:
    """The textbook way: counts per cluster, weighted sums."""
    rng, n = np.random.default_rng(0), int(clusters.max()) + 1
    totals, sizes = np.bincount(clusters, weights=values), np.bincount(clusters)
    means = np.empty(resamples)
    for start in range(0, resamples, 100):
        weights = rng.multinomial(n, np.full(n, 1 / n), size=len(means[start : start + 100]))
        means[start : start + 100] = (weights @ totals) / (weights @ sizes)
    return np.quantile(means, [0.025, 0.975])


if __name__ == "__main__":
    main()
