"""One file from the hub to the disk: resumed by ranges, tried again while it advances, and hashed before anybody sees it."""

import hashlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.hub.connection import Connection, host_of
from mmbench.loaders.hub.layout import RemoteFile
from mmbench.loaders.hub.retry import Attempts, Patience, StoppedError, TroubleError

BLOCK = 2**20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the files of one download come from, and whom it tells.

    Attributes:
        connection: the hub.
        repo: ``org/name``.
        sha: the commit.
        patience: how failures are met.
        stop: set when the whole download ends early.
        advance: told the bytes that arrived; negative where some are thrown away.
    """

    connection: Connection
    repo: str
    sha: str
    patience: Patience
    stop: threading.Event
    advance: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What has arrived of a file, on disk under a stable name, so that another process can continue it."""

    path: Path
    advance: Callable[[int], None]

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    def discard(self) -> None:
        """Start from nothing."""
        self.advance(-self.size)
        self.path.unlink(missing_ok=True)


def download(remote: RemoteFile, path: Path, origin: Origin) -> str:
    """Fetch one file and verify it.

    A range is not conditional on an ETag: mirrors drop those, and the hash of the whole tells more.

    Args:
        remote: the file, with the size and hash that it must have.
        path: where to put it; what already lies there is continued.
        origin: where it comes from.

    Returns:
        the sha256 of the content, which lies at ``path`` now.

    Raises:
        UserError: refused, unreachable for all our patience, or of other content each time it was fetched.
        StoppedError: the download was stopped; what arrived is kept.
        OSError: the disk failed.
    """
    part = Part(path, origin.advance)
    attempts = Attempts(
        f"{remote.path} of {origin.repo}", host_of(origin.connection.endpoint), origin.patience, origin.stop
    )
    most, wrong = part.size, 0
    while True:
        try:
            _pull(remote, part, origin, afresh=wrong > 0)
        except TroubleError as trouble:
            size = part.size
            attempts.failed(trouble, advanced=size > most)
            most = max(most, size)
            continue
        found = Found.of(part.path, remote)
        if found.is_right:
            return found.sha256
        part.discard()
        most, wrong = 0, wrong + 1
        if wrong == origin.patience.refetches:
            raise UserError(_wrong_content(remote, found, origin, wrong))


@dataclass(frozen=True, slots=True)
class Found:
    """A file's content beside what the hub's tree says of it."""

    sha256: str
    kind: str
    expected: str
    actual: str

    @property
    def is_right(self) -> bool:
        """Whether they agree."""
        return self.actual == self.expected

    @classmethod
    def of(cls, path: Path, remote: RemoteFile) -> "Found":
        """Read a file: LFS files are named by their sha256, others by git's sha1 of size and content."""
        sha256 = hashlib.sha256()
        git = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        with path.open("rb") as handle:
            while block := handle.read(BLOCK):
                sha256.update(block)
                if remote.sha256 is None:
                    git.update(block)
        if remote.sha256 is None:
            return cls(sha256.hexdigest(), "git-sha1", remote.git_sha1, git.hexdigest())
        return cls(sha256.hexdigest(), "sha256", remote.sha256, sha256.hexdigest())


def _pull(remote: RemoteFile, part: Part, origin: Origin, *, afresh: bool) -> None:
    """One request for what is missing. Returns when the part has the file's size."""
    if part.size > remote.size:
        part.discard()
    start = part.size
    if start == remote.size:
        part.path.touch()  # an empty file needs no request
        return
    headers = {"Range": f"bytes={start}-"} if start else {}
    if afresh:  # a proxy on the way may have kept the wrong bytes
        headers["Cache-Control"] = "no-cache"
    with origin.connection.get(_url(remote, origin), headers) as response:
        if response.status_code == 416:
            part.discard()
            raise TroubleError(f"the server has no byte {start} of a file of {remote.size} bytes")
        origin.connection.refuse(response, origin.repo, f"{remote.path} of {origin.repo} at {origin.sha[:12]}")
        _agree(response, remote, part, start)
        _write(response, remote, part, origin.stop)


def _url(remote: RemoteFile, origin: Origin) -> str:
    from urllib.parse import quote

    return f"{origin.connection.endpoint}/datasets/{origin.repo}/resolve/{origin.sha}/{quote(remote.path)}"


def _agree(response: Any, remote: RemoteFile, part: Part, start: int) -> None:
    """Whether the answer continues the part, or brings the whole, which then starts from nothing; else trouble."""
    encoding = response.headers.get("Content-Encoding", "identity")
    kind = response.headers.get("Content-Type", "")
    if response.status_code == 206:
        ranged = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        fits = ranged is not None and int(ranged[1]) == start and ranged[3] in ("*", str(remote.size))
        if not fits or encoding != "identity":
            part.discard()
            raise TroubleError(f"the server answered with another range than the bytes from {start} on")
        return
    length = response.headers.get("Content-Length")
    if kind.startswith("text/html") and not remote.path.lower().endswith((".html", ".htm")):
        raise TroubleError("a web page came instead of the file (a proxy or a login page?)")
    if encoding == "identity" and length is not None and length != str(remote.size):
        raise TroubleError(f"the server sends {length} bytes where the hub's tree says {remote.size}")
    part.discard()


def _write(response: Any, remote: RemoteFile, part: Part, stop: threading.Event) -> None:
    """Append the body as it arrives, so that a cut loses nothing; on disk for good before it is called complete."""
    part.path.parent.mkdir(parents=True, exist_ok=True)
    size = part.size
    with part.path.open("ab") as handle:
        for block in response.iter_bytes():
            if stop.is_set():
                raise StoppedError
            if size + len(block) > remote.size:
                handle.truncate(0)
                part.advance(-size)
                raise TroubleError(f"the server sends more than the {remote.size} bytes that the hub's tree says")
            handle.write(block)
            size += len(block)
            part.advance(len(block))
        handle.flush()
        if size < remote.size:
            raise TroubleError(f"the connection ended after {size} of {remote.size} bytes")
        os.fsync(handle.fileno())


def _wrong_content(remote: RemoteFile, found: Found, origin: Origin, times: int) -> str:
    return (
        f"{remote.path} of {origin.repo} came {times} times from {host_of(origin.connection.endpoint)} with the right size and "
        f"other content ({found.kind} {found.actual}, expected {found.expected}): a mirror or proxy on the way holds a damaged "
        "copy; nothing of it was kept, try another network or HF_ENDPOINT."
    )
