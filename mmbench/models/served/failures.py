"""What a server's refusal means: ask again, blame the one request, or end the run with a sentence."""

import json
from collections.abc import Mapping
from typing import Any

from mmbench.errors import RunFailedError, UserError
from mmbench.models.served.endpoint import Endpoint
from mmbench.web import seconds_asked

AWAY = {429, 502, 503, 504, 529}  # busy, or a gateway with nobody behind it: not the request's fault
AGAIN = {408, 409, 425}
LONGEST_SAID = 300  # characters of a server's message that a record keeps
PAYMENT_REQUIRED = 402
NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
MODERATED = ("moderation", "flagged")  # some gateways refuse one request's content with 403
HINTS = {  # what a server complains of, and the argument that helps
    "max_completion_tokens": "tokens_field: max_completion_tokens",
    "temperature": "omit: [temperature]",
    "seed": "omit: [seed]",
    "system role": "system: user",
    "roles must alternate": "system: user",
}


class TroubleError(Exception):
    """A failure that may pass.

    Attributes:
        retry_after: the seconds that the server asked for.
        away: whether the server is away or busy, which is no request's fault.
        unreached: whether there was no connection at all.
    """

    def __init__(
        self, said: str, *, retry_after: float | None = None, away: bool = False, unreached: bool = False
    ) -> None:
        super().__init__(said)
        self.retry_after = retry_after
        self.away = away
        self.unreached = unreached


class FailedRequestError(Exception):
    """One request that gets no answer. ``refused``: the server will never answer it; else it was asked often enough."""

    def __init__(self, reason: str, *, refused: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


def failure(endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """What to raise for an answer other than 2xx."""
    code, message = said(body)
    message = endpoint.cleaned(message)[:LONGEST_SAID] or "no reason given"
    if code in NO_MONEY or status == PAYMENT_REQUIRED:
        return RunFailedError(
            f"{endpoint.host} has no credit left ({code or status}: {message}): "
            "mend that and run the same command again, what is stored is not asked again."
        )
    if status in AWAY or status in AGAIN or status >= 500:
        return TroubleError(f"{status}: {message}", retry_after=_asked(headers), away=status in AWAY)
    if status in (401, 403) and not any(word in message.lower() for word in MODERATED):
        return UserError(_about_the_key(endpoint, status, message))
    if status in (404, 405):
        return UserError(
            f"{endpoint.host} does not know this address or the model {endpoint.model!r} ({status}: {message}): "
            "the URL usually ends with /v1, and GET /v1/models lists the names."
        )
    if 300 <= status < 400:
        return UserError(f"{endpoint.host} points elsewhere ({status}): name the address that it moved to.")
    hint = next((argument for word, argument in HINTS.items() if word in message.lower()), None)
    return FailedRequestError(
        f"refused with {status}: {message}" + (f" (try --model-args '{hint}')" if hint else ""), refused=True
    )


def _asked(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait; OpenAI and Azure say them in milliseconds too, which is finer."""
    fine = headers.get("retry-after-ms", "")
    return int(fine) / 1000 if fine.isascii() and fine.isdigit() else seconds_asked(headers.get("retry-after"))


def _about_the_key(endpoint: Endpoint, status: int, message: str) -> str:
    if not endpoint.has_key():
        return f"{endpoint.host} wants a key ({status}): set {endpoint.key_variable}, or name another variable with api_key_env."
    return (
        f"{endpoint.host} refuses the key in {endpoint.key_variable} for {endpoint.model!r} ({status}: {message}): "
        "set another one and run the same command again."
    )


def said(body: bytes) -> tuple[str, str]:
    """Code and message of a server's complaint, whatever its shape."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", body[: 4 * LONGEST_SAID].decode(errors="replace")
    while isinstance(found, list) and found:
        found = found[0]
    inner = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(inner, dict):
        return "", inner if isinstance(inner, str) else json.dumps(inner)
    code = inner.get("code") or inner.get("type") or ""
    return str(code), _message(inner)


def _message(inner: dict[str, Any]) -> str:
    for name in ("message", "detail", "msg", "error"):
        value = inner.get(name)
        if isinstance(value, str) and value:
            return value
    return json.dumps(inner)
