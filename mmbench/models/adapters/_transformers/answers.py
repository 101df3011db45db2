"""From generated tokens to responses: where an answer ends, why it ended, how many tokens it took; and sampling that can be repeated."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from mmbench.models.adapters._transformers.loading import Loaded
from mmbench.samples import Request, Response, Usage


def failed(request: Request, reason: str) -> Response:
    """The response of a request that cannot be answered."""
    return Response(request.sample_id, "", "error", reason)


def alike(requests: Sequence[Request]) -> list[list[int]]:
    """The places of requests that can be answered in one call, since they decode in the same way."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, one in enumerate(requests):
        groups.setdefault((one.max_new_tokens, one.stop, one.temperature), []).append(place)
    return list(groups.values())


def decoding(loaded: Loaded, requests: Sequence[Request]) -> dict[str, Any]:
    """Arguments of ``generate`` for requests that decode alike: greedy, with noise from one generator per request where they sample."""
    first, tokenizer = requests[0], tokenizer_of(loaded)
    stops = {"stop_strings": list(first.stop), "tokenizer": tokenizer} if first.stop else {}
    sampling = {"logits_processor": [SeededSampling(requests)]} if first.temperature > 0 else {}
    return {
        "max_new_tokens": first.max_new_tokens, "do_sample": False, "num_beams": 1, "temperature": None, "top_p": None, "top_k": None,
        "pad_token_id": padding_of(loaded), **stops, **sampling,
    }  # fmt: skip


def responses(
    loaded: Loaded, requests: Sequence[Request], rows: Any, sizes: Sequence[int | None]
) -> Iterator[Response]:
    """Responses from generated tokens ``(n, new)``; ``sizes`` are the prompts' numbers of tokens."""
    tokenizer = tokenizer_of(loaded)
    ends = _ends(loaded)
    for request, row, size in zip(requests, rows.tolist(), sizes, strict=True):
        tokens, ended = _until(row, ends, padding_of(loaded))
        text = tokenizer.decode(tokens, skip_special_tokens=True)
        cut = min((at for stop in request.stop if (at := text.find(stop)) >= 0), default=None)
        stopped = ended or cut is not None or len(tokens) < request.max_new_tokens
        usage = Usage(input_tokens=size, output_tokens=len(tokens))
        yield Response(request.sample_id, text[:cut].strip(), "stop" if stopped else "length", usage=usage)


def tokenizer_of(loaded: Loaded) -> Any:
    """The tokenizer inside a processor, or the tokenizer that is the processor."""
    return getattr(loaded.processor, "tokenizer", loaded.processor)


def padding_of(loaded: Loaded) -> int | None:
    """The token that fills rows up behind an answer."""
    named: int | None = loaded.network.generation_config.pad_token_id
    return tokenizer_of(loaded).pad_token_id if named is None else named


def _ends(loaded: Loaded) -> frozenset[int]:
    named = loaded.network.generation_config.eos_token_id
    ends = named if isinstance(named, list) else [named]
    return frozenset(end for end in ends if end is not None)


def _until(row: list[int], ends: frozenset[int], pad: int | None) -> tuple[list[int], bool]:
    """A row up to and with its first end token, or without the padding behind it; and whether it ended by itself."""
    end = next((place for place, token in enumerate(row) if token in ends), None)
    if end is not None:
        return row[: end + 1], True
    while row and row[-1] == pad:
        row = row[:-1]
    return row, False


class SeededSampling:
    """Makes greedy choice a draw from the softmax at a temperature (the Gumbel-max trick, Maddison et al. 2014).

    Each row gets noise from a generator of its own, seeded by the request's seed and sample, so that neighbours change no answer.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        import torch

        self._temperature = requests[0].temperature
        self._generators = [torch.Generator().manual_seed(_seed(request)) for request in requests]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Logits ``(n, vocabulary)`` to perturbed logits."""
        import torch

        drawn = [torch.empty(scores.shape[1]).exponential_(generator=one) for one in self._generators]
        return scores.float() / self._temperature - torch.stack(drawn).log().to(scores.device)


def _seed(request: Request) -> int:
    head = hashlib.sha256(f"{request.seed}\0{request.sample_id}".encode()).digest()
    return int.from_bytes(head[:8], "big") >> 1
