"""Many requests at once: how many, in which order they are taken, and what is left when the iteration ends early."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.models.served.flight import AHEAD, in_flight
from mmbench.samples import Request
from tests.models.served.conftest import FakeClock
from tests.openai_server import LocalServer

Served = Callable[..., Any]
Questions = Callable[[int], list[Request]]


@contextlib.asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "mmbench-requests"]


def test_as_many_at_once_as_asked_for_and_never_more(server: LocalServer, served: Served, questions: Questions) -> None:
    server.barrier = threading.Barrier(4)  # nobody is answered before four are there
    found = served(concurrency=4).generate(questions(40))
    assert server.peak == 4
    assert [one.text for one in found] == [f"re: question {index:03d}." for index in range(40)]


def test_requests_are_taken_as_they_are_needed(server: LocalServer, served: Served, questions: Questions) -> None:
    taken: list[int] = []

    def counted() -> Iterator[Request]:
        for index, request in enumerate(questions(100)):
            taken.append(index)
            yield request

    for done, _ in enumerate(served(concurrency=3).stream(counted()), start=1):
        assert len(taken) <= done + AHEAD * 3
    assert len(taken) == 100


def test_an_answer_comes_out_while_others_are_under_way(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    server.fault("000", "stall")
    stream = served(concurrency=2).stream(questions(5))
    assert sorted(next(stream).sample_id for _ in range(4)) == [f"question {index:03d}." for index in range(1, 5)]
    stream.close()


@pytest.mark.filterwarnings("error")
def test_closing_cancels_what_is_under_way(server: LocalServer, served: Served, questions: Questions) -> None:
    server.fault("question 001", "stall")
    stream = served(concurrency=4).stream(questions(50))
    next(stream)
    assert threads()
    stream.close()
    assert not threads()
    del stream
    gc.collect()
    assert len(server.log) <= 1 + AHEAD * 4 + 4


def test_what_a_work_raises_stops_the_others_at_once() -> None:
    """The next in line passes the gate in the same turn of the loop, and gets no further."""
    began, ended = [], []

    async def work(client: None, gate: asyncio.Semaphore, item: int) -> None:
        async with gate:
            began.append(item)
            if item == 2:
                raise UserError("no such model")
            await asyncio.sleep(0)
            ended.append(item)

    with pytest.raises(UserError, match="no such model"):
        list(in_flight(range(100), work, nothing(), 1))
    assert began in ([0, 1, 2], [0, 1, 2, 3])
    assert ended == [0, 1]


def test_a_stream_that_is_dropped_leaves_no_thread(server: LocalServer, served: Served, questions: Questions) -> None:
    stream = served().stream(questions(20))
    next(stream)
    del stream
    gc.collect()
    assert not threads()


def test_requests_that_cannot_be_made_end_the_stream(server: LocalServer, served: Served, questions: Questions) -> None:
    def broken() -> Iterator[Request]:
        yield from questions(3)
        raise RuntimeError("the split cannot be read")

    with pytest.raises(RuntimeError, match="cannot be read"):
        list(served().stream(broken()))
    assert not threads()


def test_no_requests_no_answers(server: LocalServer, served: Served) -> None:
    assert served().generate([]) == []
    assert server.log == []


def test_what_arrived_comes_out_before_an_exception() -> None:
    """Item 1 fails when the others are done and the first of them is still being stored."""
    failed = threading.Event()
    begun: list[int] = []
    done: list[int] = []
    found: list[int] = []

    async def work(client: None, gate: asyncio.Semaphore, item: int) -> int:
        begun.append(item)
        while len(begun) < 4 or (item == 1 and len(done) < 3):
            await asyncio.sleep(0)
        if item == 1:
            failed.set()
            raise UserError("the key was refused")
        done.append(item)
        return item

    with pytest.raises(UserError):  # noqa: PT012  (what came before the error is what is tested)
        for _, item in in_flight(range(4), work, nothing(), 4):
            found.append(item)
            assert failed.wait(10)
    assert sorted(found) == [0, 2, 3]


def test_a_limit_per_minute_spaces_requests(
    server: LocalServer, served: Served, questions: Questions, clock: FakeClock
) -> None:
    served(requests_per_minute=30).generate(questions(10))
    assert clock.time == pytest.approx(9 * 2)


def test_a_limit_of_tokens_counts_what_the_server_counted(
    server: LocalServer, served: Served, questions: Questions, clock: FakeClock
) -> None:
    """A guess of 4 tokens of text and 32 of answer; the server counts 13 and 2, which is less, so that the guess stands."""
    served(tokens_per_minute=360, concurrency=1).generate(questions(5))
    assert clock.time == pytest.approx(4 * 6)
    server.reply = lambda text: "x"
    long = [Request(one.sample_id, one.messages, max_new_tokens=1) for one in questions(5)]  # guessed 5, counted 15
    before = clock.time
    served(tokens_per_minute=60, concurrency=1).generate(long)
    assert clock.time - before == pytest.approx(4 * 15)
