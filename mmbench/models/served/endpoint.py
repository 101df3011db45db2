"""Which server and which of its models: read from a spec or the environment, with nothing secret in what is recorded."""

import os
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from mmbench.errors import UserError

OPENAI = "https://api.openai.com/v1"
OPENAI_HOST = "api.openai.com"
URL_VARIABLE = "OPENAI_BASE_URL"
SHORTEST_SECRET = 8  # the keys of local servers are often a word, which may stand in a message by chance
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOW = "write openai:http://localhost:8000/v1#model-name, or openai:model-name for the server in OPENAI_BASE_URL"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model of a server.

    Attributes:
        url: the base URL, as ``https://api.openai.com/v1``. It is shown nowhere: a path from the environment may hold a token.
        host: ``host`` or ``host:port``, what records and messages say.
        model: the name that the server knows the model by.
        key_variable: the environment variable that holds the key. The key itself is read when a request is sent, and kept nowhere.
    """

    url: str = field(repr=False)
    host: str
    model: str
    key_variable: str

    @classmethod
    def of(cls, name: str, key_variable: str) -> "Endpoint":
        """From what stands behind ``openai:``: ``URL#MODEL``, ``#MODEL`` or ``MODEL``.

        Raises:
            UserError: no model is named, or the URL is none, or it holds a password or a query.
        """
        given, hash_, model = name.partition("#")
        if not hash_ and "://" not in given:
            given, model = "", given
        if not model:
            raise UserError(f"No model is named behind openai: {HOW}.")
        where = "the spec" if given else URL_VARIABLE
        url = given or os.environ.get(URL_VARIABLE, "").strip() or OPENAI
        return cls(url.rstrip("/"), _checked(url, where), model, key_variable)

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own."""
        return self.host == OPENAI_HOST

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine: then no proxy is asked."""
        return urlsplit(self.url).hostname in LOOPBACK

    def headers(self) -> dict[str, str]:
        """With the key, where there is one. ``UserError`` where no header can carry it."""
        key = self._key()
        if not (key.isascii() and key.isprintable()):
            raise UserError(f"The key in {self.key_variable} holds characters that no key has: set it again.")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def has_key(self) -> bool:
        """Whether the variable holds a key."""
        return bool(self._key())

    def cleaned(self, text: str) -> str:
        """What a server said in one line, without the key and the URL, which some repeat."""
        key = self._key()
        if len(key) >= SHORTEST_SECRET:
            text = text.replace(key, "***")
        line = " ".join(text.replace(self.url, self.host).split())
        return "".join(letter for letter in line if letter.isprintable())

    def _key(self) -> str:
        return os.environ.get(self.key_variable, "").strip()


def _checked(url: str, where: str) -> str:
    """The host and port of a URL that holds nothing secret. No message repeats the URL: it may hold a password."""
    try:
        parts: SplitResult = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"The URL in {where} is none: {HOW}.") from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise UserError(f"The URL in {where} is no http or https address: {HOW}.")
    if parts.username is not None or parts.password is not None:
        raise UserError(
            f"The URL in {where} holds a user or password: leave it out, and put the key into the environment."
        )
    if parts.query:
        raise UserError(
            f"The URL in {where} has a query (behind ?), which may hold a secret and would be recorded: leave it out."
        )
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
