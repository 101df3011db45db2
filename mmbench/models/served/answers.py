"""What a server's answer says, read strictly: a shape that is not the documented one is asked for again, never guessed at."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from mmbench.models.served.failures import FailedRequestError, TroubleError

LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can spell them, UTF-8 cannot
FINISHED = {"length": "length", "max_tokens": "length"}  # anything else is a stop


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered.

    Attributes:
        text: the answer; reasoning that the server keeps apart is not part of it.
        vectors: ``(n, d)`` for embeddings.
        finish_reason: ``stop`` or ``length``.
        input_tokens, output_tokens: as the server counted them.
        model, system_fingerprint: what the server says that answered.
    """

    text: str = ""
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32), repr=False)
    finish_reason: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str | None = None
    system_fingerprint: str | None = None


class _Text(BaseModel):
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Text] | None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Said(BaseModel):
    model: Any = None  # facts beside the answer: an odd one is no reason to lose what was paid for
    system_fingerprint: Any = None
    usage: Any = None


class _Chat(_Said):
    choices: list[_Choice] = Field(min_length=1, max_length=1)


class _Transcription(_Said):
    text: str


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Embeddings(_Said):
    data: list[_Row] = Field(min_length=1)


Shape = TypeVar("Shape", bound=_Said)


def json_of(body: bytes) -> Any:
    """A body's JSON. ``TroubleError`` where it is none: it was cut, or a proxy answered."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise TroubleError(f"the answer of {len(body)} bytes is no whole JSON") from error
    except RecursionError as error:
        raise TroubleError("the answer is JSON nested beyond reason") from error


def chat(body: Any) -> Answer:
    """A chat completion.

    Raises:
        TroubleError: another shape, none or several choices.
        FailedRequestError: the content filter cut it.
    """
    found = _shaped(_Chat, body, "chat completion")
    choice = found.choices[0]
    if choice.finish_reason == "content_filter":
        raise FailedRequestError("the server's content filter held the answer back", refused=True)
    content = choice.message.content
    text = content if isinstance(content, str) else "".join(part.text for part in content or () if part.type == "text")
    finish = FINISHED.get(choice.finish_reason or "", "stop")
    return _answer(found, text=_writable(text or choice.message.refusal or ""), finish_reason=finish)


def transcription(body: Any) -> Answer:
    """A transcription. ``TroubleError`` for another shape."""
    found = _shaped(_Transcription, body, "transcription")
    return _answer(found, text=_writable(found.text))


def embeddings(n: int, body: Any) -> Answer:
    """Vectors of ``n`` texts, in their order. ``TroubleError`` for another shape, a missing or a doubled one, or several lengths."""
    found = _shaped(_Embeddings, body, "list of embeddings")
    rows = {row.index: row.embedding for row in found.data}
    if sorted(row.index for row in found.data) != list(range(n)) or len({len(row) for row in rows.values()}) != 1:
        raise TroubleError(f"the answer holds {len(found.data)} embeddings for {n} texts, or not one for each")
    return _answer(found, vectors=np.asarray([rows[index] for index in range(n)], dtype=np.float32))


def _answer(found: _Said, **facts: Any) -> Answer:
    usage = found.usage if isinstance(found.usage, Mapping) else {}
    return Answer(
        input_tokens=_count(usage, "prompt_tokens", "input_tokens"),  # transcriptions call them the other way
        output_tokens=_count(usage, "completion_tokens", "output_tokens"),
        model=found.model if isinstance(found.model, str) else None,
        system_fingerprint=found.system_fingerprint if isinstance(found.system_fingerprint, str) else None,
        **facts,
    )


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    counts = [usage[name] for name in names if type(usage.get(name)) is int and usage[name] >= 0]
    return counts[0] if counts else None


def _shaped(shape: type[Shape], body: Any, what: str) -> Shape:
    if isinstance(body, Mapping) and body.get("error"):  # some gateways answer 200 and put the failure inside
        raise TroubleError(f"the answer holds an error instead of a {what}: {json.dumps(body['error'])}")
    try:
        return shape.model_validate(body, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "all of it"
        raise TroubleError(f"the answer is no {what} ({place}: {first['msg'].lower()})") from None


def _writable(text: str) -> str:
    return LONE_SURROGATE.sub("\ufffd", text)
