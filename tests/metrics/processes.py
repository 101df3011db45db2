"""One process of several that computes every case's metric over its share: ``python -m tests.metrics.processes``.

Arguments: rank, number of processes, rendezvous file, seed, output file. The second of several processes has no data.
"""

import json
import sys
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray

from mmbench.metrics.functional import sharded_retrieval
from tests.metrics.cases import Case, all_cases

N = 60


def share(rank: int, world: int) -> list[int]:
    """Which of the ``N`` samples belong to a process, unevenly."""
    if world == 1:
        return list(range(N))
    workers = [r for r in range(world) if r != 1]
    cuts = [0, *(N // 4 * (i + 1) for i in range(len(workers) - 1)), N]
    return [] if rank == 1 else list(range(cuts[workers.index(rank)], cuts[workers.index(rank) + 1]))


def compute(case: Case, seed: int, indices: list[int]) -> dict[str, float]:
    """The values after two updates with a share of the case's samples."""
    args = case.sample(np.random.default_rng(seed), N)
    metric = case.build()
    half = len(indices) // 2
    for part in (indices[:half], indices[half:]):
        if part:
            metric.update(*case.take(args, part))
    return case.found(metric)


def sharded(rank: int, world: int) -> dict[str, float]:
    """Retrieval from a gallery of which each process holds its share."""
    queries, candidates, positives = gallery()
    own = share(rank, world)
    return dict(sharded_retrieval(queries, candidates[own], positives, first=own[0] if own else 0, outputs="all"))


def gallery() -> tuple[NDArray[np.int64], NDArray[np.int64], list[list[int]]]:
    """Whole numbers, so that many tie."""
    rng = np.random.default_rng(1)
    positives = [rng.permutation(N)[: i % 5].tolist() for i in range(40)]
    return rng.integers(-2, 3, (40, 5)), rng.integers(-2, 3, (N, 5)), positives


def main() -> None:
    """Compute all cases in one process group and write the values as JSON."""
    rank, world, rendezvous, seed, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    dist.init_process_group(
        "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world, timeout=timedelta(seconds=120)
    )
    found = {case.name: compute(case, seed, share(rank, world)) for case in all_cases()}
    found["sharded"] = sharded(rank, world)
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
