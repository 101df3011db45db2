"""Models behind any OpenAI-compatible server: ``openai:http://localhost:8000/v1#name``, ``openai:gpt-x``.

It speaks HTTP through the library that the hub's client already brings, not through the package ``openai``: retries, limits, what counts as
whose fault and which bytes an answer is read from are what this adapter is for, and that package would do them again in its own way.
"""

from typing import Any

from mmbench.models.base import Adapter
from mmbench.models.served import SETTINGS


def make(name: str, **arguments: Any) -> object:
    """A served model.

    Args:
        name: ``URL#MODEL``, ``#MODEL`` or ``MODEL``; without a URL, ``OPENAI_BASE_URL`` or OpenAI's own server.
        arguments: see ``mmbench.models.served.options.Options``.

    Raises:
        UserError: a wrong argument, no model, or a URL that holds a password or a query.
    """
    from mmbench.models.base import ModelCard
    from mmbench.models.served import pacing
    from mmbench.models.served.embedding import ServedEmbedder
    from mmbench.models.served.endpoint import Endpoint
    from mmbench.models.served.generation import ServedGenerator
    from mmbench.models.served.options import Options
    from mmbench.samples import Modality

    takes = {
        "chat": frozenset({Modality.TEXT, Modality.IMAGE, Modality.AUDIO}),
        "transcriptions": frozenset({Modality.TEXT, Modality.AUDIO}),
        "embeddings": frozenset({Modality.TEXT}),
    }
    options = Options.of(arguments)
    endpoint = Endpoint.of(name, options.api_key_env)
    card = ModelCard(
        name=endpoint.model,
        revision=f"{options.revision or endpoint.model}@{endpoint.host}",
        modalities=options.modalities or takes[options.api],
        summary=f"Served by {endpoint.host}.",
    )
    kind = ServedEmbedder if options.api == "embeddings" else ServedGenerator
    return kind(card, endpoint, options, pacing.CLOCK, pacing.Backoff())


ADAPTER = Adapter(
    prefix="openai",
    make=make,
    can=("generate", "embed"),
    extra="",
    example="openai:http://localhost:8000/v1#Qwen/Qwen2.5-VL-7B-Instruct",
    summary="Any OpenAI-compatible server: chat with pictures and sound, transcriptions, embeddings of texts.",
    settings=SETTINGS,
)
