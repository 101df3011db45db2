"""Text from a server: each answer as it arrives, every request accounted for once."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from mmbench.models.base import ModelCard
from mmbench.models.served import answers
from mmbench.models.served.answers import Answer
from mmbench.models.served.asking import Asker
from mmbench.models.served.bodies import Call, chat_call, pictures, text_tokens, transcription_call
from mmbench.models.served.endpoint import Endpoint
from mmbench.models.served.failures import FailedRequestError
from mmbench.models.served.flight import in_flight
from mmbench.models.served.options import Options
from mmbench.models.served.pacing import Backoff, Clock
from mmbench.models.served.verdicts import Verdicts
from mmbench.samples import MediaError, Modality, Request, Response, Usage


@dataclass(frozen=True, slots=True)
class _Result:
    """``refused`` is ``None`` where the server had no part in an error."""

    response: Response
    refused: bool | None = None


class ServedGenerator:
    """A model behind ``chat/completions`` or ``audio/transcriptions``."""

    def __init__(self, card: ModelCard, endpoint: Endpoint, options: Options, clock: Clock, backoff: Backoff) -> None:
        self.card = card
        self._endpoint, self._options = endpoint, options
        self._asker = Asker(endpoint, options, clock, backoff)
        self._works = False

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One response per request, in order."""
        found = dict(self._responses(requests))
        return [found[place] for place in range(len(requests))]

    def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
        """One response per request, each as soon as it is there. Closing the iterator cancels what is under way.

        A request that the server refuses, answers badly again and again, or whose media cannot be decoded is a response with its
        ``error``.

        Raises:
            UserError: the key is refused, the model is unknown, nothing is at the address.
            RunFailedError: the server is away for too long, or answers nothing.
        """
        return (response for _, response in self._responses(requests))

    def estimate(self, requests: Iterable[Request]) -> Usage:
        """What requests will take at most: about four characters a token, pictures as ``image_tokens`` says, every answer at its limit.

        The input, and with it the cost, is ``None`` where nobody knows it: with sound, and with pictures without ``image_tokens``.
        """
        read: int | None = 0
        written = 0
        for request in requests:
            written += request.max_new_tokens
            known = self._input_tokens(request)
            read = None if read is None or known is None else read + known
        return Usage(read, written, self._options.cost(read, written))

    def provenance(self) -> dict[str, Any]:
        """What the server said that answered, since this object was made, and the settings."""
        return self._asker.provenance()

    def _input_tokens(self, request: Request) -> int | None:
        heard = any(part.modality is Modality.AUDIO for turn in request.messages for part in turn.content)
        if heard or (pictures(request) and self._options.image_tokens is None):
            return None
        return text_tokens(request) + pictures(request) * (self._options.image_tokens or 0)

    def _responses(self, requests: Iterable[Request]) -> Iterator[tuple[int, Response]]:
        verdicts = Verdicts(self._endpoint.host, self._options.give_up_after, works=self._works)
        results = in_flight(requests, self._work, self._asker.client(), self._options.concurrency)
        with closing(results):  # type: ignore[type-var]  # a generator is closed like anything else
            for place, result in results:
                if result.response.error is None:
                    self._works = True
                    yield place, result.response
                    yield from verdicts.answered()
                elif result.refused is None:
                    yield place, result.response
                else:
                    yield from verdicts.failed(place, result.response, refused=result.refused)
        yield from verdicts.rest()

    async def _work(self, client: Any, gate: asyncio.Semaphore, request: Request) -> _Result:
        key = request.sample_id
        try:
            call = await asyncio.to_thread(self._call, request)  # decoding would hold up the other requests
            async with gate:
                reply = await self._asker.ask(client, call, self._read)
        except MediaError as error:
            return _Result(Response(key, "", "error", error.reason))
        except FailedRequestError as error:
            return _Result(Response(key, "", "error", error.reason), refused=error.refused)
        answer = reply.answer
        cost = self._options.cost(answer.input_tokens, answer.output_tokens)
        usage = Usage(answer.input_tokens, answer.output_tokens, cost, round(reply.seconds, 4), reply.attempts)
        return _Result(Response(key, answer.text, answer.finish_reason, usage=usage))

    def _call(self, request: Request) -> Call:
        if self._options.api == "transcriptions":
            return transcription_call(request, self._endpoint.model, self._options)
        return chat_call(request, self._endpoint.model, self._options, openai=self._endpoint.is_openai)

    @property
    def _read(self) -> Callable[[Any], Answer]:
        return answers.transcription if self._options.api == "transcriptions" else answers.chat
