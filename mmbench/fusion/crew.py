"""Pieces of work put to several processes; each piece is on disk when it is done, so that a run that was broken off goes on."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from types import TracebackType
from typing import Any

from mmbench.errors import RunFailedError, UserError
from mmbench.fusion.jobs import Bench, Job, Place

Work = Callable[[Bench, Job], Any]
Known = Callable[[Place, Job], Any]
MOST = 8  # processes, where their number is not given
_BENCHES: dict[Place, Bench] = {}  # of a worker process


def default_workers(device: str = "cpu") -> int:
    """As many as there are cores, eight at most; one for an accelerator, which they would only share."""
    if device != "cpu":
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)


class Crew:
    """Worker processes, started when there is work for more than one and kept until the end of the block.

    Args:
        workers: how many; with 1 this process does everything itself.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._others = set(active_children())
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if kind is KeyboardInterrupt:
            for process in set(active_children()) - self._others:
                process.terminate()  # what it is at is not stored yet, and is done again
        self._pool.shutdown(wait=True, cancel_futures=True)

    def put(
        self, work: Work, bench: Bench, jobs: Sequence[Job], *, known: Known, title: str, progress: bool
    ) -> Iterator[tuple[Job, Any]]:
        """Each job with what ``work`` made of it, as they come; the outcome does not depend on the number of processes.

        Args:
            work: does a job, and stores it.
            bench: where it is done by this process.
            jobs: all different.
            known: what is stored of a job, ``None`` where it has to be done; no process is started for what is known.
            title: of the bar.
            progress: show it.

        Raises:
            RunFailedError: a process was killed, or a stranger's method raised something. What was done is kept.
        """
        from tqdm.auto import tqdm

        stored = {job: known(bench.place, job) for job in jobs}
        left = [job for job, found in stored.items() if found is None]
        several = min(self._workers, len(left)) > 1
        with tqdm(total=len(jobs), desc=title, unit="job", disable=None if progress else True) as bar:
            bar.update(len(jobs) - len(left))
            yield from ((job, found) for job, found in stored.items() if found is not None)
            for done in self._by_many(work, bench.place, left) if several else _by_one(work, bench, left):
                bar.update()
                yield done

    def _by_many(self, work: Work, place: Place, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=_begin)
        try:
            waiting: dict[Future[Any], Job] = {self._pool.submit(_done, work, place, job): job for job in jobs}
            while waiting:
                ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ready:
                    yield waiting.pop(future), future.result()
        except BrokenProcessPool as error:
            raise RunFailedError(
                "A worker process was killed, perhaps for want of memory. Nothing that was done is lost: run the same command again, "
                'with fewer --workers if that was it (a script of your own has to call this below `if __name__ == "__main__":`).'
            ) from error


def _by_one(work: Work, bench: Bench, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: sums in another order would differ in their last bits
    try:
        for job in jobs:
            yield job, _tried(work, bench, job)
    finally:
        torch.set_num_threads(before)


def _begin() -> None:
    import signal
    import threading

    import torch

    # Ctrl-C reaches the whole group: the process that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave, daemon=True).start()
    torch.set_num_threads(1)


def _leave() -> None:
    """End with the process that started this one: were it killed, nobody else would, and the queue would be waited at for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _done(work: Work, place: Place, job: Job) -> Any:
    if place not in _BENCHES:
        _BENCHES.clear()  # rows of a study that is done
        _BENCHES[place] = Bench(place)
    return _tried(work, _BENCHES[place], job)


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
