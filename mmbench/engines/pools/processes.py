"""``--workers N``: processes on this machine, each with a model of its own; a process that dies costs the batch that it was at.

Every process has a pipe of its own rather than a part in a common queue: one that is killed while it holds a queue's lock would stop all.
"""

import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import Any

from tqdm.auto import tqdm

from mmbench.engines.pools import Answers, Crew, Engine
from mmbench.engines.remote import Failure, Piece, Recipe, States, Worker, failure
from mmbench.errors import RunFailedError, UserError

AHEAD = 2  # batches in a process's hands: the one it is at, and the next, so that it need not wait for the disk
GRACE = 3.0  # seconds
DEATHS = 3  # of one process or over one batch, in a row, end the run
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DEVICES = "CUDA_VISIBLE_DEVICES"


def answers(recipe: Recipe, states: States, pieces: Sequence[Piece], crew: Crew) -> Answers:
    """Batches to processes as they come free.

    Raises:
        UserError: the model cannot be sent to another process.
        RunFailedError: a process dies again and again, or as soon as it has a certain batch.
    """
    work = deque(pieces)
    payload = _pickled(recipe, states)
    count = min(crew.workers or 1, len(work))
    members = [_Member(slot, count, payload) for slot in range(count)]
    deaths: dict[int, int] = {}  # by the identity of the batch
    try:
        while busy := _fed(members, work):
            for ready in connection.wait(list(busy)):
                member = busy[ready]
                try:
                    answer = member.receive()
                except (EOFError, OSError):
                    member.bury(work, deaths)
                    continue
                if isinstance(answer, Failure):
                    raise answer.error
                yield member.held.popleft(), answer
    finally:
        for member in members:
            member.dismiss()
        for member in members:
            member.end()


def _fed(members: Sequence["_Member"], work: deque[Piece]) -> "dict[Any, _Member]":
    """Hand out what there is, first one batch to each, then one ahead while there are enough; those who hold something, by their pipes."""
    for member in members:
        member.feed(work, 1)
    if len(work) >= len(members):
        for member in members:
            member.feed(work, AHEAD)
    return {member.pipe: member for member in members if member.held}


class _Member:
    """One process, its pipe and the batches that it holds."""

    def __init__(self, slot: int, of: int, payload: bytes) -> None:
        self._slot, self._of, self._payload = slot, of, payload
        self._deaths = 0
        self.held: deque[Piece] = deque()
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")  # a fork copies locks and CUDA's state as they happen to be
        self.pipe, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other,), name=f"mmbench-{self._slot + 1}")
        with _environment(_surroundings(self._slot, self._of)), _deaf_to_interrupts():
            self._process.start()
        other.close()  # so that the end of the process is the end of the pipe
        self._greeted = False

    def feed(self, work: deque[Piece], depth: int) -> None:
        """Hand out batches until the process holds this many."""
        while work and len(self.held) < depth:
            self.held.append(work.popleft())
            try:
                if not self._greeted:
                    self.pipe.send_bytes(self._payload)
                    self._greeted = True
                self.pipe.send(self.held[-1])
            except OSError:  # it died: what it holds is given to another when its pipe is read
                return

    def receive(self) -> Any:
        answer = self.pipe.recv()
        self._deaths = 0
        return answer

    def bury(self, work: deque[Piece], deaths: dict[int, int]) -> None:
        """Give back what a dead process held, and start another in its place."""
        self._process.join()
        self._deaths += 1
        lost = self.held[0]
        deaths[id(lost)] = deaths.get(id(lost), 0) + 1
        how = _ending(self._process.exitcode)
        if max(self._deaths, deaths[id(lost)]) >= DEATHS:
            raise RunFailedError(
                f"A worker process died {DEATHS} times in a row ({how}), at last with items {lost.wanted[0]} to {lost.wanted[-1]} of "
                f"{lost.stage}. Everything that was stored is kept. Where memory is short take fewer --workers or a smaller --batch-size; "
                'a script of your own has to call evaluate below `if __name__ == "__main__":`; with --workers 1 the cause shows itself.'
            )
        tqdm.write(f"A worker process died ({how}): its batch is given to another.", file=sys.stderr)
        work.extendleft(reversed(self.held))
        self.held.clear()
        self.pipe.close()
        self._start()

    def dismiss(self) -> None:
        """Tell the process that there is no more to do; one that is at a batch is told so by a signal."""
        self.pipe.close()
        if self.held:
            self._process.terminate()

    def end(self) -> None:
        """Give it a moment to clean up after itself."""
        self._process.join(GRACE)
        self._process.kill()
        self._process.join()


def _work(pipe: Connection) -> None:
    """What a process does: make the model and the plan, then answer until the pipe ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        try:
            recipe, states = pickle.loads(pipe.recv_bytes())  # noqa: S301  (from the process that started this one)
            worker = Worker(recipe, states)
        except Exception as error:  # noqa: BLE001  (a stranger's model may raise anything)
            pipe.send(failure(error))
            pipe.recv_bytes()
            return
        while True:
            pipe.send(worker.answer(pipe.recv()))
    except (EOFError, OSError):  # the run ended
        return


def _pickled(recipe: Recipe, states: States) -> bytes:
    try:
        return pickle.dumps((recipe, states))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise UserError(
            f"{recipe.model.card.name} cannot be sent to other processes ({error}): name it as package.module:Factory, "
            "or leave --workers out."
        ) from error


def _surroundings(slot: int, of: int) -> dict[str, str]:
    """The cores divided among the processes, and the accelerators dealt out, unless the user has said something else."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = {name: str(max(1, cores // of)) for name in THREADS if name not in os.environ}
    torch = sys.modules.get("torch")  # a model that uses an accelerator has imported it
    seen = os.environ[DEVICES].split(",") if os.environ.get(DEVICES) else []
    if torch is not None and torch.cuda.is_available():
        seen = seen or [str(number) for number in range(torch.cuda.device_count())]
    return found | ({DEVICES: seen[slot % len(seen)]} if len(seen) > 1 else {})


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Variables for a process that is started here: libraries read them when they are loaded."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process that is started here ignores Ctrl-C, which reaches the whole group: the one that started it ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


LOCAL = Engine("local", answers, "this machine; with --workers N in N processes")
