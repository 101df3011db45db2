"""When a request is sent: waits between tries, limits per minute, and a clock that tests can replace."""

import asyncio
import random
import time
from dataclasses import dataclass

from mmbench.models.served.failures import TroubleError

MINUTE = 60.0


class Clock:
    """Seconds that pass."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), never below what the server asks for.

    Attributes:
        base: seconds that the first wait is drawn below; doubled for each further one.
        longest: the most seconds that a wait is drawn below.
        longest_unreached: the same where there is no connection: knocking costs nobody anything, and is heard soon.
    """

    base: float = 1.0
    longest: float = 60.0
    longest_unreached: float = 10.0

    def wait(self, tries: int, trouble: TroubleError) -> float:
        """Seconds to wait after so many tries."""
        longest = self.longest_unreached if trouble.unreached else self.longest
        drawn: float = random.uniform(0.0, min(longest, self.base * 2.0 ** min(tries - 1, 30)))  # noqa: S311  (no secret)
        if trouble.retry_after is None:
            return drawn
        return trouble.retry_after + min(drawn, self.base)  # so that not all come back at one moment


class Pace:
    """Spaces requests evenly, so that no minute holds more than the limits allow."""

    def __init__(self, clock: Clock, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._clock = clock
        self._per_request = MINUTE / requests_per_minute if requests_per_minute else 0.0
        self._per_token = MINUTE / tokens_per_minute if tokens_per_minute else 0.0
        self._next = self._held = float("-inf")

    async def turn(self, tokens: int) -> None:
        """Wait until a request of about so many tokens may be sent."""
        start = max(self._clock.now(), self._next)
        self._next = start + max(self._per_request, self._per_token * tokens)
        while (wait := max(start, self._held) - self._clock.now()) > 0:
            await self._clock.sleep(wait)

    def spent(self, guessed: int, tokens: int | None) -> None:
        """Correct a guess by what the server counted."""
        if tokens is not None:
            self._next += self._per_token * max(0, tokens - guessed)

    def hold(self, seconds: float) -> None:
        """Send nothing for a while: the server asked for it."""
        self._held = max(self._held, self._clock.now() + seconds)
        self._next = max(self._next, self._held)
