"""One request until it is answered or given up: tries, waits, time limits, and whose fault a failure is."""

import asyncio
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from mmbench.errors import RunFailedError, UserError
from mmbench.models.served.answers import Answer, json_of
from mmbench.models.served.bodies import Call
from mmbench.models.served.endpoint import Endpoint
from mmbench.models.served.failures import FailedRequestError, TroubleError, failure
from mmbench.models.served.options import Options
from mmbench.models.served.pacing import Backoff, Clock, Pace
from mmbench.web import client_library

CONNECT_SECONDS = 10.0
MOST_BODY = 64 * 2**20  # bytes of an answer; longer ones are no answer


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, how many tries it took, and the seconds from the first try to the last byte."""

    answer: Answer
    attempts: int
    seconds: float


class Asker:
    """Asks one endpoint. Its limits and what it knows of the server last from one stream to the next."""

    def __init__(self, endpoint: Endpoint, options: Options, clock: Clock, backoff: Backoff) -> None:
        self._endpoint, self._options, self._clock, self._backoff = endpoint, options, clock, backoff
        self._pace = Pace(clock, options.requests_per_minute, options.tokens_per_minute)
        self._reached = False
        self._models: set[str] = set()
        self._fingerprints: set[str] = set()

    def client(self) -> Any:
        """An asynchronous HTTP client, not entered yet.

        Each try has a connection of its own: on one that is kept, a server that answers twice would have its second answer taken for
        the next sample's, and one that hangs up between two requests would look like a failure.
        """
        httpx = client_library()
        timeout = httpx.Timeout(self._options.timeout, connect=min(CONNECT_SECONDS, self._options.timeout), pool=None)
        try:
            return httpx.AsyncClient(
                timeout=timeout,
                headers=self._endpoint.headers(),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                trust_env=not self._endpoint.is_loopback,
                verify=_trusted(),
            )
        except (ImportError, ValueError) as error:
            raise UserError(f"The proxy in the environment cannot be used ({error}): mend or unset it.") from error

    async def ask(self, client: Any, call: Call, read: Callable[[Any], Answer]) -> Reply:
        """Ask until there is an answer.

        Raises:
            FailedRequestError: the server refuses this request, or answers it badly again and again.
            RunFailedError: the server is away for longer than the deadline, or has no credit left.
            UserError: nothing is there, or the server refuses the key or does not know the model.
        """
        await self._pace.turn(call.tokens)
        began, tries, bad = self._clock.now(), 0, 0
        while True:
            tries += 1
            try:
                answer = read(json_of(await self._post(client, call)))
            except TroubleError as trouble:
                bad += not trouble.away
                wait = self._backoff.wait(tries, trouble)
                self._give_up_where_due(trouble, tries, bad, self._clock.now() - began + wait)
                if trouble.retry_after is not None:
                    self._pace.hold(trouble.retry_after)
            else:
                taken = None if answer.input_tokens is None else answer.input_tokens + (answer.output_tokens or 0)
                self._pace.spent(call.tokens, taken)
                self._note(answer)
                return Reply(answer, tries, self._clock.now() - began)
            await self._clock.sleep(wait)
            await self._pace.turn(call.tokens)

    def provenance(self) -> dict[str, Any]:
        """What the server said that answered, and the settings with which it was asked."""
        return {
            "settings": self._options.settings(),
            "endpoint": self._endpoint.host,
            "served_models": sorted(self._models),
            "system_fingerprints": sorted(self._fingerprints),
        }

    def _note(self, answer: Answer) -> None:
        """Remember who answered; warn where another model answers in the middle of a run."""
        name = self._endpoint.cleaned(answer.model or "")
        if name and self._models and name not in self._models:
            warnings.warn(
                f"{self._endpoint.host} now answers as {name!r}, before as {', '.join(sorted(self._models))}: "
                "name a dated model, or the answers are not of one model.",
                stacklevel=2,
            )
        self._models |= {name} - {""}
        self._fingerprints |= {self._endpoint.cleaned(answer.system_fingerprint or "")} - {""}

    def _give_up_where_due(self, trouble: TroubleError, tries: int, bad: int, seconds: float) -> None:
        """Raise, where another try would come too late or once too often. ``seconds`` from the first try to the next one."""
        options, host = self._options, self._endpoint.host
        if trouble.unreached and not self._reached and seconds > options.startup:
            raise UserError(
                f"Nothing answers at {host} ({trouble}): start the server or correct the address "
                "(--model-args 'startup: 600' waits for one that is still loading)."
            ) from trouble
        if trouble.away and seconds > options.deadline:
            raise RunFailedError(
                f"{host} is away or too busy: {tries} tries brought nothing, the last {trouble}"
                + (f", and it asks to wait for {trouble.retry_after:.0f} s" if trouble.retry_after else "")
                + ". What is stored is kept: run the same command again when it is back."
            ) from trouble
        if bad >= options.max_attempts or seconds > options.deadline:
            times = "once" if tries == 1 else f"{tries} times"
            raise FailedRequestError(
                f"asked {times} without an answer, the last time: {self._endpoint.cleaned(str(trouble))}", refused=False
            ) from trouble

    async def _post(self, client: Any, call: Call) -> bytes:
        """One try: the body of a 2xx answer, whole."""
        httpx = client_library()
        sent: dict[str, Any] = {"data": call.form, "files": {"file": call.file}}
        if call.json is not None:
            sent = {"content": call.json, "headers": {"Content-Type": "application/json"}}
        try:
            async with asyncio.timeout(self._options.timeout):
                async with client.stream("POST", f"{self._endpoint.url}/{call.path}", **sent) as response:
                    self._reached = True
                    body = await _body(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise TroubleError(self._words(error, "no connection"), away=True, unreached=True) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TroubleError(f"no whole answer within {self._options.timeout:g} s") from error
        except httpx.RequestError as error:
            raise TroubleError(self._words(error, "the connection broke")) from error
        if 200 <= response.status_code < 300:
            return body
        raise failure(self._endpoint, response.status_code, response.headers, body)

    def _words(self, error: Exception, otherwise: str) -> str:
        return self._endpoint.cleaned(str(error)) or otherwise


@cache
def _trusted() -> Any:
    """The certificates that are trusted, read once: it takes a tenth of a second."""
    return client_library().create_ssl_context()


async def _body(response: Any) -> bytes:
    """A body of a bounded size, decompressed."""
    parts, size = [], 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > MOST_BODY:
            raise TroubleError(f"the answer is longer than {MOST_BODY} bytes")
    return b"".join(parts)
