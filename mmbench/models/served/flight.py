"""Many requests under way at once, from plain code: an event loop in a thread of its own, which ends with the iteration."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Work: TypeAlias = Callable[
    [Any, asyncio.Semaphore, T], Coroutine[Any, Any, R]
]  # the HTTP client, the gate, and an item
AHEAD = 2  # items taken per place under way, so that the next is ready to go while the last is being stored


def in_flight(items: Iterable[T], work: Work[T, R], client: Any, concurrency: int) -> Iterator[tuple[int, R]]:
    """Place and result of each item as they come. What a work raises is raised here, after the results that are already there.

    Items are taken in the caller's thread, at most ``AHEAD * concurrency`` before their results. ``work`` enters the gate, which lets
    ``concurrency`` in, for what may run at once. Closing the iterator cancels what is under way and closes its connections.

    Args:
        items: what to work on.
        work: a coroutine function.
        client: an asynchronous context manager that is entered in the loop, and handed to ``work``.
        concurrency: places in the gate.
    """
    todo, more, pending = enumerate(items), True, 0
    with _Background(work, client, concurrency) as background:
        while True:
            taken = False
            while more and pending < AHEAD * concurrency and (background.done.empty() or not taken):
                try:
                    place, item = next(todo)
                except StopIteration:
                    more = False
                else:
                    background.start(place, item)
                    pending, taken = pending + 1, True
            if pending == 0:
                return
            place, task = background.done.get()
            pending -= 1
            if task.exception() is not None:
                yield from background.arrived()
            yield place, task.result()


class _Background(Generic[T, R]):
    def __init__(self, work: Work[T, R], client: Any, concurrency: int) -> None:
        self.done: queue.SimpleQueue[tuple[int, asyncio.Task[R]]] = queue.SimpleQueue()
        self._work, self._client, self._concurrency = work, client, concurrency
        self._tasks: set[asyncio.Task[R]] = set()
        self._over = False  # a work raised
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mmbench-requests", daemon=True)

    def __enter__(self) -> "_Background[T, R]":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        for _ in self.arrived():  # asyncio complains of exceptions that nobody looked at
            pass

    def start(self, place: int, item: T) -> None:
        """Begin the work on an item; it comes out of ``done`` when it is."""
        self._loop.call_soon_threadsafe(self._create, place, item)

    def arrived(self) -> Iterator[tuple[int, R]]:
        """The results that are there now."""
        while not self.done.empty():
            place, task = self.done.get()
            if not task.cancelled() and task.exception() is None:
                yield place, task.result()

    def _create(self, place: int, item: T) -> None:
        if self._over:
            return
        task = self._loop.create_task(self._work(self._entered, self._gate, item))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: self._finish(place, done))

    def _finish(self, place: int, task: asyncio.Task[R]) -> None:
        """Hand out a task that is done. What it raises ends the iteration: nothing else is sent then, and paid for."""
        self.done.put((place, task))
        if not task.cancelled() and task.exception() is not None:
            self._over = True
            for other in self._tasks:
                other.cancel()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._gate = asyncio.Semaphore(self._concurrency)
        async with self._client as self._entered:
            self._ready.set()
            await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
