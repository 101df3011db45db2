"""The loopback hub itself: revisions, trees and files over HTTP, with its files' large bodies on another origin."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.hub.bodies import send_body
from tests.hub.content import LFS_FROM, Blob, Repo, Source
from tests.hub.faults import API_KINDS, BODY_KINDS, HEADER_KINDS, Fault, Faults, RandomFaults

API = re.compile(
    r"/api/(model|dataset)s/([^/]+(?:/[^/]+)?)(?:/(revision|tree|paths-info|refs)(?:/([^/]+)(?:/(.*))?)?)?"
)
RESOLVE = re.compile(r"/(?:(datasets)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
CDN = re.compile(r"/cdn/([0-9a-f]{64})")
WHEN = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was answered; ``token`` is whether it carried one."""

    method: str
    path: str
    host: str
    range: str | None
    token: bool
    status: int
    sent: int


class LocalHub:
    """A hub for one ``with`` block.

    Its content is on ``127.0.0.1``; LFS files are redirected to ``localhost``, which is another origin on the same socket.

    Attributes:
        endpoint: what ``HF_ENDPOINT`` is set to.
        log: every request in the order of its answer.
        revoked: tokens that the hub refuses by themselves.
        next_links: what pagination links start with, where that is not the endpoint (mirrors).
    """

    def __init__(self, *, page_size: int = 1000) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.blobs: dict[str, Blob] = {}
        self.faults = Faults()
        self.log: list[Request] = []
        self.page_size = page_size
        self.revoked: set[str] = set()
        self.closing = threading.Event()
        self.server = _Server(("127.0.0.1", 0), type("BoundHandler", (_Handler,), {"hub": self}))
        port = self.server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.cdn = f"http://localhost:{port}"
        self.next_links = self.endpoint

    def __enter__(self) -> "LocalHub":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def commit(
        self,
        repo_id: str,
        files: Mapping[str, Source],
        refs: tuple[str, ...] = ("main",),
        *,
        repo_type: str = "dataset",
        lfs_from: int = LFS_FROM,
    ) -> str:
        """A new commit of exactly these files; the refs move to it. Returns its 40-hex sha."""
        repo = self.repos.setdefault((repo_type, repo_id), Repo(repo_id, repo_type))
        sha = repo.commit(files, refs, lfs_from)
        self.blobs |= {blob.sha256: blob for blob in repo.commits[sha].values()}
        return sha

    def repo(self, repo_id: str, repo_type: str = "dataset") -> Repo:
        return self.repos[(repo_type, repo_id)]

    def fault(self, pattern: str, kind: str, **facts: Any) -> Fault:
        """Plant a fault: see ``Fault``."""
        return self.faults.plant(Fault(pattern, kind, **facts))

    def random_faults(self, seed: int, probability: float, kinds: tuple[str, ...] = BODY_KINDS) -> None:
        """From now on this share of the requests is spoiled."""
        self.faults.random = RandomFaults(seed, probability, kinds)

    def clear(self) -> None:
        """Forget the faults and the log."""
        self.faults.clear()
        self.log.clear()

    def requests(self, part: str = "") -> list[Request]:
        """The logged requests whose path holds ``part``."""
        return [request for request in self.log if part in request.path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; what a test asserts on is what the client got."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    hub: LocalHub
    body = b""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class calls it so)
        """Say nothing: the log is ``LocalHub.log``."""

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._route()

    # answers

    def note(self, status: int, sent: int) -> None:
        auth = self.headers.get("Authorization") is not None
        host, asked = self.headers.get("Host", ""), self.headers.get("Range")
        self.hub.log.append(Request(self.command, unquote(self.path), host, asked, auth, status, sent))

    def answer(self, status: int, headers: Mapping[str, str | None], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        sent = body if self.command != "HEAD" else b""
        self.wfile.write(sent)
        self.note(status, len(sent))

    def json(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())

    def error(self, status: int, code: str, message: str) -> None:
        self.json({"error": message}, status, {"X-Error-Code": code, "X-Error-Message": message})

    # routes

    def _route(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if found := CDN.fullmatch(url.path):
                self._cdn(self.hub.blobs[found[1]], query.get("name", ""))
            elif found := API.fullmatch(url.path):
                self._api(found, query)
            elif found := RESOLVE.fullmatch(url.path):
                self._resolve(found)
            else:
                self.error(404, "NotFound", "no such route")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _token(self) -> str | None:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None

    def _visible(self, repo: Repo | None) -> bool:
        """Whether the request may know of the repository; the real hub answers the same for absent and private ones."""
        token = self._token()
        if token in self.hub.revoked:
            self.error(401, "", "Invalid credentials in Authorization header")
            return False
        if repo is None or (repo.private and token not in repo.allowed):
            said = (401, "Invalid username or password.") if token is None else (404, "Repository not found")
            self.error(said[0], "RepoNotFound", said[1])
            return False
        return True

    def _admitted(self, repo: Repo) -> bool:
        token = self._token()
        if repo.gated and token not in repo.allowed:
            self.error(401 if token is None else 403, "GatedRepo", f"Access to dataset {repo.repo_id} is restricted.")
            return False
        return True

    def _api(self, found: re.Match[str], query: dict[str, str]) -> None:
        fault = self.hub.faults.take(self.command, (urlsplit(self.path).path,), API_KINDS)
        if fault is not None:
            send_body(self, b"[" + b" " * 60_000 + b"]", fault, {})
            return
        repo = self.hub.repos.get((found[1], found[2]))
        if not self._visible(repo) or repo is None:
            return
        verb, revision, path = found[3], unquote(found[4] or "main"), unquote(found[5] or "")
        sha = repo.resolve(revision)
        if verb == "refs":
            branches = [{"name": k, "ref": f"refs/heads/{k}", "targetCommit": v} for k, v in repo.refs.items()]
            self.json({"branches": branches, "converts": [], "tags": []})
        elif sha is None:
            self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif verb == "tree":
            self._tree(repo, sha, path, query)
        elif verb == "paths-info":
            self._paths_info(repo, sha)
        else:
            self.json(_info(repo, sha, blobs="blobs" in query))

    def _tree(self, repo: Repo, sha: str, folder: str, query: dict[str, str]) -> None:
        recursive = query.get("recursive", "false").lower() == "true"
        entries = repo.listing(sha, folder, recursive=recursive)
        if folder and not entries:
            self.error(404, "EntryNotFound", f"{folder} does not exist on {sha}")
            return
        start = int(query.get("cursor", "0"))
        stop = start + self.hub.page_size
        link = f'<{self.hub.next_links}{urlsplit(self.path).path}?recursive={recursive}&cursor={stop}>; rel="next"'
        self.json(entries[start:stop], headers={"Link": link} if stop < len(entries) else {})

    def _paths_info(self, repo: Repo, sha: str) -> None:
        asked = json.loads(self.body) if self.body.startswith(b"{") else parse_qs(self.body.decode())
        tree = repo.commits[sha]
        self.json([tree[path].entry(path) for path in asked.get("paths", []) if path in tree])

    def _resolve(self, found: re.Match[str]) -> None:
        repo_type, revision, path = "dataset" if found[1] else "model", unquote(found[3]), unquote(found[4])
        repo = self.hub.repos.get((repo_type, found[2]))
        if not self._visible(repo) or repo is None:
            return
        sha = repo.resolve(revision)
        if sha is None:
            self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif not self._admitted(repo):
            return
        elif path not in repo.commits[sha]:
            self.answer(
                404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found", "X-Repo-Commit": sha}
            )
        else:
            self._file(repo.commits[sha][path], path, sha)

    def _file(self, blob: Blob, path: str, sha: str) -> None:
        names = (path, urlsplit(self.path).path)
        dropped = self.hub.faults.take(self.command, names, HEADER_KINDS, draw=False)
        kind = dropped.kind if dropped is not None else ""
        etag = None if kind == "no_etag" else f'"{blob.oid}"'
        headers: dict[str, str | None] = {"X-Repo-Commit": None if kind == "no_commit" else sha, "ETag": etag}
        if not blob.lfs:
            send_body(self, blob.read(), self.hub.faults.take(self.command, names, BODY_KINDS), headers)
            return
        fault = self.hub.faults.take(self.command, names, ("status",))
        if fault is not None:
            send_body(self, b"", fault, {})
            return
        self.answer(
            302,
            headers
            | {
                "X-Linked-Size": None if kind == "no_linked_size" else str(blob.size),
                "X-Linked-ETag": None if kind == "no_etag" else f'"{blob.sha256}"',
                "Location": f"{self.hub.cdn}/cdn/{blob.sha256}?name={quote(path)}",
            },
        )

    def _cdn(self, blob: Blob, path: str) -> None:
        fault = self.hub.faults.take(self.command, (path, urlsplit(self.path).path), BODY_KINDS)
        send_body(self, blob.read(), fault, {"ETag": f'"{blob.sha256}"'})


def _info(repo: Repo, sha: str, *, blobs: bool) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = []
    for path, blob in repo.commits[sha].items():
        lfs = {"lfs": {"size": blob.size, "sha256": blob.sha256, "pointerSize": 130}} if blob.lfs else {}
        siblings.append({"rfilename": path} | ({"size": blob.size, "blobId": blob.oid, **lfs} if blobs else {}))
    return {
        "_id": "0" * 24,
        "id": repo.repo_id,
        "sha": sha,
        "private": repo.private,
        "gated": "auto" if repo.gated else False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "lastModified": WHEN,
        "createdAt": WHEN,
        "siblings": siblings,
    }
