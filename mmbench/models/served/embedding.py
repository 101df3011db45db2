"""Vectors of texts from a server."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.models.base import ModelCard
from mmbench.models.served import answers
from mmbench.models.served.asking import Asker
from mmbench.models.served.bodies import embeddings_call
from mmbench.models.served.endpoint import Endpoint
from mmbench.models.served.failures import FailedRequestError
from mmbench.models.served.flight import in_flight
from mmbench.models.served.options import Options
from mmbench.models.served.pacing import Backoff, Clock
from mmbench.samples import MediaError, Modality, Role, Sample, TextPart

TEXTS = 64  # in one request


class ServedEmbedder:
    """A model behind ``embeddings``. Instructions are not sent: what the model wants before a text is the argument ``prefixes``."""

    def __init__(self, card: ModelCard, endpoint: Endpoint, options: Options, clock: Clock, backoff: Backoff) -> None:
        self.card = card
        self._endpoint, self._options = endpoint, options
        self._asker = Asker(endpoint, options, clock, backoff)

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Vectors ``(n, d)`` of the samples' texts, several texts of a sample joined by newlines.

        Raises:
            MediaError: the server refuses a sample's text.
            UserError, RunFailedError: as ``ServedGenerator.stream``.
        """
        prefix = self._options.prefixes.get(role, "") if role is not None else ""
        texts = [prefix + "\n".join(_texts(sample)) for sample in samples]
        chunks = [range(start, min(start + TEXTS, len(texts))) for start in range(0, len(texts), TEXTS)]
        found = self._ask(texts, chunks)
        for rows, result in zip(chunks, found, strict=True):
            if isinstance(result, FailedRequestError):
                self._blame(samples, texts, rows, result)
        return np.concatenate([result for result in found if not isinstance(result, FailedRequestError)])

    def provenance(self) -> dict[str, Any]:
        """What the server said that answered, since this object was made, and the settings."""
        return self._asker.provenance()

    def _ask(self, texts: Sequence[str], chunks: Sequence[range]) -> list[NDArray[np.float32] | FailedRequestError]:
        """The vectors of each chunk of texts, in order, or why there are none."""

        async def work(client: Any, gate: asyncio.Semaphore, rows: range) -> NDArray[np.float32] | FailedRequestError:
            call = embeddings_call([texts[row] for row in rows], self._endpoint.model, self._options)
            try:
                async with gate:
                    reply = await self._asker.ask(client, call, partial(answers.embeddings, len(rows)))
            except FailedRequestError as error:
                return error
            return reply.answer.vectors

        found = dict(in_flight(chunks, work, self._asker.client(), self._options.concurrency))
        return [found[place] for place in range(len(chunks))]

    def _blame(self, samples: Sequence[Sample], texts: Sequence[str], rows: range, error: FailedRequestError) -> None:
        """Say which of the texts that were refused together is at fault, by asking for each of them."""
        alone = [error] if len(rows) == 1 else self._ask(texts, [range(row, row + 1) for row in rows])
        failed = [
            (row, result) for row, result in zip(rows, alone, strict=True) if isinstance(result, FailedRequestError)
        ]
        if not failed or len(failed) == len(rows) > 1:
            raise RunFailedError(f"{self._endpoint.host} embeds none of {len(rows)} texts: {error.reason}.")
        row, reason = failed[0]
        raise MediaError(samples[row].id, reason.reason)


def _texts(sample: Sample) -> list[str]:
    return [part.text for part in sample.content if isinstance(part, TextPart)]
