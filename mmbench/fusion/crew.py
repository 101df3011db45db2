"""Pieces of work put to several processes; each piece is on disk when it is done, so that a run that was broken off goes on."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import Any

from mmbench.errors import RunFailedError, UserError
from mmbench.fusion.jobs import Bench, Job, Place

Work = Callable[[Bench, Job], Any]
Known = Callable[[Place, Job], Any]
MOST = 8  # processes, where their number is not given
_BENCH: list[Bench] = []  # of a worker process


def default_workers() -> int:
    """As many as there are cores, eight at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)


def put(
    work: Work, bench: Bench, jobs: Sequence[Job], *, known: Known, workers: int, title: str, progress: bool
) -> Iterator[tuple[Job, Any]]:
    """Each job with what ``work`` made of it, as they come; the outcome does not depend on the number of processes.

    Args:
        work: does a job, and stores it.
        bench: where it is done by this process.
        jobs: all different.
        known: what is stored of a job, ``None`` where it has to be done; no process is started for what is known.
        workers: processes.
        title: of the bar.
        progress: show it.

    Raises:
        RunFailedError: a process was killed, or a stranger's method raised something. What was done is kept.
    """
    from tqdm.auto import tqdm

    stored = {job: known(bench.place, job) for job in jobs}
    left = [job for job, found in stored.items() if found is None]
    several = min(workers, len(left)) > 1
    with tqdm(total=len(jobs), desc=title, unit="job", disable=None if progress else True) as bar:
        bar.update(len(jobs) - len(left))
        yield from ((job, found) for job, found in stored.items() if found is not None)
        for done in _by_many(work, bench.place, left, workers) if several else _by_one(work, bench, left):
            bar.update()
            yield done


def _by_one(work: Work, bench: Bench, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: sums in another order would differ in their last bits
    try:
        for job in jobs:
            yield job, _tried(work, bench, job)
    finally:
        torch.set_num_threads(before)


def _by_many(work: Work, place: Place, jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Any]]:
    others = set(active_children())
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=get_context("spawn"), initializer=_begin, initargs=(place,)
    )
    try:
        waiting: dict[Future[Any], Job] = {pool.submit(_done, work, job): job for job in jobs}
        while waiting:
            ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                yield waiting.pop(future), future.result()
    except KeyboardInterrupt:
        for process in set(active_children()) - others:
            process.terminate()  # what it is at is not stored yet, and is done again
        raise
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
    return _tried(work, _BENCH[0], job)


def _tried(work: Work, bench: Bench, job: Job) -> Any:
    try:
        return work(bench, job)
    except (UserError, RunFailedError):
        raise
    except Exception as error:
        if ":" not in job.entry:
            raise  # a fault of our own shows where it lies
        raise RunFailedError(
            f"{job.entry} failed ({type(error).__name__}: {error}): mend it and run the same command again, or leave it out."
        ) from error
