"""GETs to the hub with the user's token: what comes back is an answer, trouble that may pass, or a sentence for the user."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mmbench.errors import UserError
from mmbench.loaders.hub.retry import Attempts, Patience, TroubleError
from mmbench.web import client_library, seconds_asked

MOST_JSON = 64 * 2**20  # bytes of one page of a listing; the hub's own pages have about 300 KB
PASSING = {408, 425, 429}
_RESET = re.compile(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)")
_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True)
class Connection:
    """The hub's client library at one address.

    Attributes:
        endpoint: ``HF_ENDPOINT``, or the hub's own address.
        headers: the user's token and the agent. The client drops the token when it is sent to another origin.
        timeout: seconds of silence after which a connection counts as dead.
    """

    endpoint: str
    headers: Mapping[str, str] = field(repr=False)
    timeout: float

    @property
    def has_token(self) -> bool:
        """Whether the user has a token."""
        return "authorization" in self.headers

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Any]:
        """One streamed GET, redirects followed, whatever its status.

        Raises:
            TroubleError: the network failed, while asking or while the body was read.
            UserError: the address cannot be asked at all.
        """
        from huggingface_hub.errors import OfflineModeIsEnabled
        from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # public, exported lazily

        library = client_library()
        sent = {**self.headers, "Accept-Encoding": "identity", **(headers or {})}
        try:
            with get_session().stream(
                "GET", url, headers=sent, timeout=library.Timeout(self.timeout), follow_redirects=True
            ) as response:
                yield response
        except OfflineModeIsEnabled as error:
            raise UserError(f"{url} was not asked: HF_HUB_OFFLINE is set; unset it to download.") from error
        except (library.UnsupportedProtocol, library.InvalidURL) as error:
            raise UserError(f"{self.endpoint!r} is no address of a hub ({error}): correct HF_ENDPOINT.") from error
        except (library.RequestError, library.StreamError) as error:
            raise TroubleError(f"{type(error).__name__}: {error or 'the connection failed'}") from error

    def refuse(self, response: Any, repo: str, what: str) -> None:
        """Do nothing for a 2xx answer.

        Raises:
            TroubleError: an answer that may be another one in a while.
            UserError: an answer that says what the user has to mend.
        """
        status = response.status_code
        if 200 <= status < 300:
            return
        elsewhere = _origin(str(response.url)) != _origin(self.endpoint)
        if (
            status in PASSING or status >= 500 or elsewhere
        ):  # elsewhere: signed links expire, the next try gets a new one
            raise TroubleError(f"the server {response.url.host} answered {status}", _retry_after(response))
        raise UserError(self._sentence(response, repo, what))

    def _sentence(self, response: Any, repo: str, what: str) -> str:
        status, code = response.status_code, response.headers.get("X-Error-Code", "")
        said = _clean(response.headers.get("X-Error-Message", ""))
        page = f"{self.endpoint}/datasets/{repo}"
        if status == 401 and self.has_token and "credentials" in said:
            return f"{self.endpoint} refuses your token: it is wrong or has expired; set HF_TOKEN to a valid one."
        if code == "GatedRepo" and self.has_token:
            return f"{repo} is gated and your token has no access to it: ask for access at {page}, then run again."
        if code == "GatedRepo":
            return f"{repo} is gated: ask for access at {page}, then set HF_TOKEN to your token and run again."
        if code == "RepoNotFound" or (status == 401 and not code):
            return (
                f"There is no data set {repo} at {self.endpoint}, or it is private: check the name, or set HF_TOKEN to a token "
                "that may read it."
            )
        if code == "RevisionNotFound":
            return f"{repo} has no such revision ({what}): see {page}/commits/main."
        if code == "EntryNotFound":
            return (
                f"{what} is not there any more: the owners may have rewritten its history; pin a newer commit ({page})."
            )
        return f"{what} was refused by {self.endpoint}: {status} {said}".rstrip() + f"; see {page}."


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer and the address of its next page."""

    value: Any
    following: str | None


def connect(patience: Patience) -> Connection:
    """The hub as the environment names it now. No request is made."""
    from huggingface_hub import constants
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, exported lazily

    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    headers = {name.lower(): value for name, value in build_hf_headers(library_name="mmbench").items()}
    return Connection(endpoint, headers, patience.timeout if patience.timeout is not None else _timeout())


def is_offline() -> bool:
    """Whether the user has forbidden requests by ``HF_HUB_OFFLINE``."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE) or os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def get_json(connection: Connection, url: str, repo: str, what: str, patience: Patience) -> Answer:
    """One JSON document of the hub's API, tried again while failures may pass.

    Raises:
        UserError: the hub refuses, or cannot be reached for all our patience.
    """
    attempts = Attempts(what, host_of(url), patience)
    while True:
        try:
            with connection.get(url) as response:
                connection.refuse(response, repo, what)
                return Answer(_parsed(response), response.links.get("next", {}).get("url"))
        except TroubleError as trouble:
            attempts.failed(trouble)


def host_of(url: str) -> str:
    """The host of an address, for messages."""
    return urlsplit(url).netloc


def on_endpoint(connection: Connection, url: str) -> str:
    """An address that the hub named, at the endpoint that the user named: mirrors repeat the hub's links, and a token stays home."""
    if _origin(url) == _origin(connection.endpoint):
        return url
    parts = urlsplit(url)
    return f"{connection.endpoint}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _parsed(response: Any) -> Any:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_JSON:
            raise UserError(
                f"{response.url} answered with more than {MOST_JSON} bytes of JSON: that is no hub's listing."
            )
    try:
        return json.loads(body)
    except ValueError as error:  # includes text that is not UTF-8
        kind = _clean(response.headers.get("Content-Type", "no type"))
        raise TroubleError(f"the answer is not JSON but {kind} of {len(body)} bytes") from error
    except RecursionError as error:
        raise TroubleError("the answer is JSON nested beyond reason") from error


def _timeout() -> float:
    named = os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT")
    try:
        return float(named) if named else 30.0
    except ValueError as error:
        raise UserError(f"HF_HUB_DOWNLOAD_TIMEOUT is {named!r}: it takes a number of seconds.") from error


def _retry_after(response: Any) -> float | None:
    asked = seconds_asked(response.headers.get("Retry-After"))
    if asked is None and (found := _RESET.search(response.headers.get("RateLimit", ""))):
        return float(found[1])
    return asked


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _clean(text: str) -> str:
    """A stranger's text, fit for a message."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]
