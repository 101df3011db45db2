"""Whose fault failures are: those of single requests are held back until an answer shows that the server works."""

import re
from collections import Counter

from mmbench.errors import RunFailedError
from mmbench.samples import Response

NUMBER = re.compile(r"\d+")


class Verdicts:
    """Failed requests of one stream on their way to being stored as errors. ``works``: whether the server ever answered one.

    A request that is refused for itself (too long, filtered) is an error of its sample as soon as any other was answered. One that was
    answered badly again and again is so when another is answered after it. Where ``limit`` of them fail for one reason and nothing is
    answered between, the server or the arguments are at fault: the run ends, and none of them is stored, so that a later run asks them.
    """

    def __init__(self, host: str, limit: int, *, works: bool) -> None:
        self._host, self._limit, self._works = host, limit, works
        self._held: list[tuple[int, Response]] = []

    def answered(self) -> list[tuple[int, Response]]:
        """The server works: what was held is true."""
        self._works = True
        return self.rest()

    def failed(self, place: int, response: Response, *, refused: bool) -> list[tuple[int, Response]]:
        """What can be said now. ``RunFailedError`` where too many failed for one reason."""
        if refused and self._works:
            return [(place, response)]
        self._held.append((place, response))
        reasons = Counter(NUMBER.sub("#", held.error or "") for _, held in self._held)
        if 0 < self._limit <= max(reasons.values()):
            last = (response.error or "").rstrip(".")
            raise RunFailedError(
                f"{self._host} answered none of {len(self._held)} requests in a row; the last was {last}. "
                "None of them is stored: mend the cause and run the same command again, "
                "or record them as errors (--model-args 'give_up_after: 0')."
            )
        return []

    def rest(self) -> list[tuple[int, Response]]:
        """Everything that is held, at the end."""
        held, self._held = self._held, []
        return held
