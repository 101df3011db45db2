"""What is tried again and how long: failures that may pass, the waits between them, and the sentence when patience ends."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from mmbench.errors import UserError


class TroubleError(Exception):
    """A failure that may pass. ``retry_after`` are the seconds that the server asked for."""

    def __init__(self, said: str, retry_after: float | None = None) -> None:
        super().__init__(said)
        self.retry_after = retry_after


class StoppedError(Exception):
    """Another thread failed or the user pressed Ctrl-C: this one ends without a word."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How failures are met.

    Attributes:
        attempts: failures in a row, without a new byte between them, before giving up.
        base: seconds before the second attempt; doubled for each further one, with jitter of a half.
        longest: the most seconds between two attempts.
        longest_asked: the most seconds that a server's ``Retry-After`` is honoured for.
        refetches: how often a whole file of wrong content is fetched before giving up.
        timeout: seconds of silence after which a connection counts as dead; ``None`` reads ``HF_HUB_DOWNLOAD_TIMEOUT``, or 30.
        sleep: how to wait; ``None`` waits until the time is over or the download is stopped.
    """

    attempts: int = 6
    base: float = 1.0
    longest: float = 30.0
    longest_asked: float = 300.0
    refetches: int = 3
    timeout: float | None = None
    sleep: Callable[[float], None] | None = None

    def delay(self, failures: int, trouble: TroubleError) -> float:
        """The seconds to wait after so many failures in a row."""
        spread = 0.5 + random.random() / 2  # noqa: S311  (jitter, not a secret)
        backoff: float = min(self.longest, self.base * 2 ** (failures - 1)) * spread
        return max(backoff, min(trouble.retry_after or 0.0, self.longest_asked))


PATIENT = Patience()


class Attempts:
    """The failures in a row of one thing that is fetched."""

    def __init__(self, what: str, host: str, patience: Patience, stop: threading.Event | None = None) -> None:
        self._what = what
        self._host = host
        self._patience = patience
        self._stop = stop if stop is not None else threading.Event()
        self._failures = 0

    def failed(self, trouble: TroubleError, *, advanced: bool = False) -> None:
        """Wait before the next attempt.

        Args:
            trouble: what went wrong.
            advanced: whether new bytes arrived since the last failure; a slow download that advances never ends here.

        Raises:
            UserError: too many failures in a row.
            StoppedError: the download was stopped.
        """
        self._failures = 1 if advanced else self._failures + 1
        if self._failures >= self._patience.attempts:
            raise UserError(
                f"{self._what} could not be fetched from {self._host}: {trouble} "
                f"({self._failures} attempts in a row without progress); run again later, it continues where it stopped."
            ) from trouble
        delay = self._patience.delay(self._failures, trouble)
        if self._patience.sleep is not None:
            self._patience.sleep(delay)
        else:
            self._stop.wait(delay)
        if self._stop.is_set():
            raise StoppedError
