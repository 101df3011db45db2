"""Answers that arrive one by one, in any order: each is handed on the moment it is there, and each request is answered exactly once."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

from mmbench.engines.asking import check_response
from mmbench.engines.putting import described
from mmbench.engines.reading import read
from mmbench.errors import RunFailedError, UserError
from mmbench.models import LoadedModel
from mmbench.samples import MediaError, Request, Response
from mmbench.tasks.base import Stage


class Streamed:
    """The requests of a stage, handed to a model as it takes them; iterating gives each response as it arrives.

    An exception ends a stream, not the run: what the model had taken and not answered is put again in halves, so that the request that
    raises is found and is the only error, and then the rest follows. Raises ``RunFailedError`` where a request is answered twice, not at
    all, or by something that is no response.

    Args:
        model: has ``stream``.
        stage: holds the requests.
        missing: the places of those to ask.
        goes_on: whether more may be asked; looked at before each request is handed out.

    Attributes:
        raised: ids of the responses that stand for a request that raised.
    """

    def __init__(self, model: LoadedModel, stage: Stage, missing: Sequence[int], goes_on: Callable[[], bool]) -> None:
        self.raised: set[str] = set()
        self._model, self._stage, self._goes_on = model, stage, goes_on
        self._places: Iterator[int] | None = iter(missing)
        self._again: deque[list[Request]] = deque()  # taken by a stream that raised
        self._waiting: dict[str, Request] = {}  # taken by this stream and not answered yet
        self._broken: list[Response] = []  # for requests that cannot be made

    def __iter__(self) -> Generator[Response, None, None]:
        """Each response as it arrives."""
        while self._goes_on() and (self._again or self._places is not None):
            again = self._again.popleft() if self._again else None
            reason = None
            try:
                yield from self._stream(self._rest() if again is None else self._handed(again))
            except MediaError as error:
                if error.sample_id not in self._waiting:
                    raise
                del self._waiting[error.sample_id]
                yield Response(error.sample_id, "", "error", error.reason)
                self._put_again(1)
                continue
            except (RunFailedError, UserError):
                raise
            except Exception as error:  # noqa: BLE001  (a stranger's code: what it raises is an error of a request, and recorded)
                reason = described(error)
            yield from self._given_up()
            if reason is None:
                self._check_all_answered(of_rest=again is None)
            elif len(self._waiting) == 1:
                key, _ = self._waiting.popitem()
                self.raised.add(key)
                yield Response(key, "", "error", reason)
            elif self._waiting:
                self._put_again(2)
            else:
                raise RunFailedError(f"{self._model.card.name}.stream raised while no request was open: {reason}.")

    def _stream(self, requests: Iterator[Request]) -> Iterator[Response]:
        model: Any = self._model.model
        with ExitStack() as stack:
            arriving = iter(model.stream(requests))
            if hasattr(arriving, "close"):
                stack.enter_context(closing(arriving))
            for response in arriving:
                check_response(self._model, response)
                if self._waiting.pop(response.sample_id, None) is None:
                    raise RunFailedError(
                        f"{self._model.card.name}.stream answered {response.sample_id!r}, which was not asked or was answered before: "
                        "it has to answer each request once. Every answer that arrived is kept."
                    )
                yield response
                yield from self._given_up()

    def _rest(self) -> Iterator[Request]:
        while self._places is not None and self._goes_on():
            place = next(self._places, None)
            if place is None:
                self._places = None
                return
            (item,) = read(self._model, self._stage, [place]).items
            if isinstance(item, MediaError):
                self._broken.append(Response(self._stage.ids[place], "", "error", item.reason))
            else:
                yield from self._handed([item])

    def _handed(self, requests: Sequence[Request]) -> Iterator[Request]:
        self._waiting.update({request.sample_id: request for request in requests})
        yield from requests

    def _given_up(self) -> Iterator[Response]:
        while self._broken:
            yield self._broken.pop()

    def _put_again(self, parts: int) -> None:
        stuck, self._waiting = list(self._waiting.values()), {}
        size = -(-len(stuck) // parts)
        self._again.extendleft(part for part in (stuck[size:], stuck[:size]) if part)

    def _check_all_answered(self, *, of_rest: bool) -> None:
        """Called when a stream ended by itself: it has to have taken and answered everything that it was given."""
        left = list(self._waiting)
        if of_rest and not left and self._places is not None and self._goes_on():
            left = [self._stage.ids[place] for place in self._places]
            self._places = None
        if left:
            raise RunFailedError(
                f"{self._model.card.name}.stream ended without an answer to {len(left)} requests (the first is {left[0]}): "
                "it has to answer each once. Every answer that arrived is kept."
            )
