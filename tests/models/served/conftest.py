"""Served models under test: a server on loopback, a key in the environment, and a clock on which nobody waits."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mmbench.models import load_model
from mmbench.models.served import pacing
from mmbench.samples import Message, Part, Request, TextPart
from tests.openai_server import KEY, LocalServer


class FakeClock(pacing.Clock):
    """Time passes when somebody sleeps; ``at`` is called with each new time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self.at: Callable[[float], None] = lambda time: None

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        wake = self.time + seconds
        await asyncio.sleep(0)
        self.time = max(self.time, wake)
        self.at(self.time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(pacing, "CLOCK", fake)
    return fake


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LocalServer() as running:
        yield running


@pytest.fixture
def served(server: LocalServer, clock: FakeClock) -> Callable[..., Any]:
    """A model of the server, by its arguments."""

    def make(**arguments: Any) -> Any:
        return load_model(f"openai:{server.url}#name", **arguments).model

    return make


def question(text: str, *more: Part, **decoding: Any) -> Request:
    """A request of one user turn; its text is its id."""
    return Request(text, (Message("user", (*more, TextPart(text, "en"))),), **decoding)


@pytest.fixture
def ask() -> Callable[..., Request]:
    return question


@pytest.fixture
def questions() -> Callable[[int], list[Request]]:
    return lambda n: [question(f"question {index:03d}.") for index in range(n)]
