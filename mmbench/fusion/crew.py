"""Pieces of work put to several processes; each piece is on disk when it is done, so that a run that was broken off goes on."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from mmbench.errors import RunFailedError
from mmbench.fusion.jobs import Bench, Job, Place

Work = Callable[[Bench, Job], Any]
MOST = 8  # processes, where their number is not given
_BENCH: list[Bench] = []  # of a worker process


def default_workers() -> int:
    """As many as there are cores, eight at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)


def put(
    work: Work, bench: Bench, jobs: Sequence[Job], *, workers: int, title: str, progress: bool
) -> Iterator[tuple[Job, Any]]:
    """Each job with what ``work`` made of it, as they come; the outcome does not depend on the number of processes.

    Raises:
        RunFailedError: a process was killed. What was done is kept.
    """
    from tqdm.auto import tqdm

    bar = tqdm(total=len(jobs), desc=title, unit="job", disable=None if progress else True)
    with bar:
        several = min(workers, len(jobs)) > 1
        for found in _by_many(work, bench.place, jobs, workers) if several else _by_one(work, bench, jobs):
            bar.update()
            yield found


def _by_one(work: Work, bench: Bench, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: sums in another order would differ in their last bits
    try:
        for job in jobs:
            yield job, work(bench, job)
    finally:
        torch.set_num_threads(before)


def _by_many(work: Work, place: Place, jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Any]]:
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=get_context("spawn"), initializer=_begin, initargs=(place,)
    )
    try:
        waiting: dict[Future[Any], Job] = {pool.submit(_done, work, job): job for job in jobs}
        while waiting:
            ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool as error:
        raise RunFailedError(
            "A worker process was killed, perhaps for want of memory. Nothing that was done is lost: run the same command again, with "
            'fewer --workers if that was it (a script of your own has to call this below `if __name__ == "__main__":`).'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(place: Place) -> None:
    import signal

    import torch

    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group: the process that started this one ends it
    torch.set_num_threads(1)
    _BENCH.append(Bench(place))


def _done(work: Work, job: Job) -> Any:
    return work(_BENCH[0], job)
