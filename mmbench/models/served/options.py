"""The arguments of a served model, checked: ``--model-args 'concurrency: 16, input_price: 0.15, output_price: 0.6'``."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmbench.errors import UserError
from mmbench.models.served import SETTINGS
from mmbench.samples import Modality

SECRET = {"api_key", "key", "token", "headers", "authorization", "password"}
OURS = {"messages", "input", "model", "stream", "n"}


class Options(BaseModel):
    """What can be chosen. The ``SETTINGS`` move no answer: they are no part of a run's identity, and it goes on with others.

    Attributes:
        api: ``chat`` (chat/completions), ``transcriptions`` (audio/transcriptions) or ``embeddings`` (embeddings, of texts).
        revision: identifies the weights, where you know it (a commit, a dated name).
        max_pixels: larger pictures are scaled down to this many pixels before they are sent.
        image_detail: ``low``, ``high`` or ``auto``, for servers that know it.
        system: ``message`` sends a system message; ``user`` puts its text before the user's, for models without that role.
        tokens_field: the name of the limit; by default ``max_completion_tokens`` for OpenAI's own server, ``max_tokens`` elsewhere.
        omit: fields that the server refuses, as ``[temperature, seed]``.
        extra: further fields of the request's body, as ``{reasoning_effort: low, max_completion_tokens: 4000}``; they are recorded, and
            go before ours.
        language: of the speech (ISO 639-1), for ``transcriptions``.
        prefixes: what is put before the texts of a role, for ``embeddings``: ``{query: "query: ", document: "passage: "}``.
        modalities: what the model takes, where not all of text, pictures and sound.
        api_key_env: the environment variable that holds the key; without it no key is sent.
        concurrency: requests under way at once.
        timeout: seconds for one try.
        max_attempts: tries of a request that the server answers badly (500, a cut or senseless answer, a time-out).
        deadline: seconds for one request with all waiting. A server that is away or busy (no connection, 429, 502, 503, 504) is
            waited for until then; then the run ends, and no sample is blamed.
        startup: seconds for which a server that was never reached is waited for.
        give_up_after: this many requests refused for one reason, with no answer between them, end the run; 0 never ends it.
        requests_per_minute, tokens_per_minute: limits to keep below.
        input_price, output_price: US dollars per million tokens.
        image_tokens: tokens of one picture, for the estimate and the token limit: nobody but the server's documentation knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: Literal["chat", "transcriptions", "embeddings"] = "chat"
    revision: str | None = None
    max_pixels: int = Field(default=2048 * 2048, ge=1)
    image_detail: Literal["low", "high", "auto"] | None = None
    system: Literal["message", "user"] = "message"
    tokens_field: str | None = None
    omit: frozenset[str] = frozenset()
    extra: dict[str, Any] = Field(default_factory=dict)
    language: str | None = None
    prefixes: dict[Literal["query", "document"], str] = Field(default_factory=dict)
    modalities: frozenset[Modality] | None = None
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = Field(default=8, ge=1, le=1024)
    timeout: float = Field(default=300.0, gt=0)
    max_attempts: int = Field(default=8, ge=1)
    deadline: float = Field(default=900.0, gt=0)
    startup: float = Field(default=10.0, ge=0)
    give_up_after: int = Field(default=10, ge=0)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    input_price: float | None = Field(default=None, ge=0)
    output_price: float | None = Field(default=None, ge=0)
    image_tokens: int | None = Field(default=None, ge=0)

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> "Options":
        """Checked. ``UserError`` names the first argument that is wrong; no value is repeated, since one may be a key."""
        extra = arguments.get("extra")
        named = {*arguments, *(extra if isinstance(extra, dict) else ())}
        if secret := sorted(SECRET & named):
            raise UserError(
                f"The argument {secret[0]} is not taken, since arguments are recorded: put the key into the environment "
                "variable OPENAI_API_KEY, or name another one with api_key_env."
            )
        try:
            found = cls(**arguments)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(step) for step in first["loc"])
            if first["type"] == "extra_forbidden":
                raise UserError(
                    f"A served model has no argument {name!r}; it takes {', '.join(cls.model_fields)}."
                ) from None
            raise UserError(
                f"The argument {name} of a served model is wrong: {first['msg'].lower()} (docs/openai.md)."
            ) from None
        if ours := sorted(OURS & found.extra.keys()):
            raise UserError(
                f"extra cannot hold {ours[0]}: the answer could not be read, or would be another request's."
            )
        if (found.input_price is None) != (found.output_price is None):
            raise UserError(
                "input_price and output_price belong together: give both, in US dollars per million tokens."
            )
        return found

    def settings(self) -> dict[str, Any]:
        """The settings that were given, as JSON values."""
        return self.model_dump(mode="json", include=self.model_fields_set & set(SETTINGS))

    def cost(self, input_tokens: int | None, output_tokens: int | None) -> float | None:
        """In US dollars; ``None`` where a price or a count is unknown."""
        if self.input_price is None or self.output_price is None or input_tokens is None or output_tokens is None:
            return None
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1e6
