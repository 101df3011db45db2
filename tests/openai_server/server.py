"""The server itself: chat, transcriptions and embeddings over HTTP, each answer made of the question, and a log of all requests."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ALWAYS = 10**9
KEY = "sk-test-0123456789abcdef"
WRONG_SHAPES = {
    "no_choices": {"choices": []},
    "two_choices": {"choices": [{"message": {"content": "one"}}, {"message": {"content": "two"}}]},
    "no_message": {"choices": [{"text": "a completion"}]},
    "list": [1, 2],
    "number_content": {"choices": [{"message": {"content": 3}}]},
    "error_inside": {"error": {"code": 502, "message": "the provider is down"}},
}


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong for requests whose last text holds ``pattern``.

    Attributes:
        kind: ``status`` (``status``, ``headers`` and ``body`` instead of an answer), ``cut`` (half of the promised bytes), ``cut_chunked``
            (half of the chunks), ``cut_unmarked`` (half of a body whose end is the end of the connection), ``rst`` (reset before an
            answer), ``stall`` (silence until the server closes), ``malformed`` (a body that is no JSON), ``twice`` (the answer, and the
            same answer again behind it), or a key of ``WRONG_SHAPES``.
        times: how many requests it spoils.
    """

    pattern: str
    kind: str
    times: int = ALWAYS
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": {"message": "injected"}}'
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in: path, JSON body or raw form, key, and the last text in it."""

    path: str
    body: Any
    key: str | None
    text: str


class LocalServer:
    """A server for one ``with`` block.

    Attributes:
        url: the base URL, with ``/v1``.
        log: every request in the order of arrival.
        answered: texts whose answer was sent whole.
        peak: the most requests that waited at once.
        model: what it says that it is; a function of how many requests there were.
        reply: the text of an answer, from the last text of the question.
        extra: merged into the message of each answer.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.log: list[Asked] = []
        self.answered: list[str] = []
        self.faults: list[Fault] = []
        self.peak = self.open = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.model: Callable[[int], str] = lambda n: "served-1"
        self.reply: Callable[[str], str] = lambda text: f"re: {text}"
        self.extra: dict[str, Any] = {}
        self.finish = "stop"
        self.barrier: threading.Barrier | None = None
        self._server = _Server(("127.0.0.1", port), type("Bound", (_Handler,), {"local": self}))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "LocalServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fault(self, pattern: str, kind: str, **facts: Any) -> Fault:
        """Plant a fault: see ``Fault``."""
        self.faults.append(Fault(pattern, kind, **facts))
        return self.faults[-1]

    def texts(self) -> list[str]:
        """The last text of every request."""
        return [asked.text for asked in self.log]

    def take(self, text: str) -> Fault | None:
        """The fault of a request with this text, if one is due."""
        with self.lock:
            for fault in self.faults:
                if fault.pattern in text and fault.hits < fault.times:
                    fault.hits += 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; what a test asserts on is what the client got."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    local: LocalServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class calls it so)
        """Say nothing: the log is ``LocalServer.log``."""

    def do_POST(self) -> None:
        local = self.local
        with local.lock:
            local.open += 1
            local.peak = max(local.peak, local.open)
        try:
            send = self._answer()
        finally:
            with local.lock:  # before the answer is out: who has it may ask again at once
                local.open -= 1
        send()

    def _answer(self) -> Callable[[], None]:
        """What is left to do is to send it."""
        local, raw = self.local, self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw) if self.headers["Content-Type"] == "application/json" else raw
        text = _last_text(body)
        key = self.headers.get("Authorization")
        with local.lock:
            local.log.append(Asked(self.path, body, key.removeprefix("Bearer ") if key else None, text))
        if local.barrier is not None:
            local.barrier.wait(timeout=20)
        fault = local.take(text)
        kind = fault.kind if fault is not None else ""
        answer = json.dumps(WRONG_SHAPES.get(kind) or self._body(text, body)).encode()
        if kind == "malformed":
            answer = b"<html>Bad gateway</html>"
        if fault is not None and kind == "status":
            return partial(self._send, fault.status, fault.body, fault.headers)
        if kind in ("cut", "cut_chunked", "cut_unmarked", "rst", "stall"):
            return partial(self._break_off, kind, answer)
        with local.lock:
            local.answered.append(text)
        return partial(self._send, 200, answer, {}, times=2 if kind == "twice" else 1)

    def _body(self, text: str, body: Any) -> dict[str, Any]:
        local = self.local
        facts = {"model": local.model(len(local.log)), "system_fingerprint": "fp_1"}
        if self.path.endswith("/audio/transcriptions"):
            return {**facts, "text": f"heard {len(body)} bytes"}
        if self.path.endswith("/embeddings"):
            rows = [{"index": index, "embedding": [len(one), 1]} for index, one in enumerate(body["input"])]
            return {**facts, "data": rows[::-1]}  # the order is in the indices
        message = {"role": "assistant", "content": local.reply(text), **local.extra}
        usage = {"prompt_tokens": len(text), "completion_tokens": 2, "total_tokens": len(text) + 2}
        return {**facts, "choices": [{"index": 0, "message": message, "finish_reason": local.finish}], "usage": usage}

    def _send(self, status: int, body: bytes, headers: dict[str, str], times: int = 1) -> None:
        head = [f"HTTP/1.1 {status} Injected", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write(("\r\n".join(head).encode() + b"\r\n\r\n" + body) * times)

    def _break_off(self, kind: str, body: bytes) -> None:
        self.close_connection = True
        if kind == "stall":
            self.local.closing.wait(30)
        elif kind == "rst":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            half = body[: len(body) // 2]
            how = {"cut": f"Content-Length: {len(body)}\r\n", "cut_chunked": "Transfer-Encoding: chunked\r\n"}
            if kind == "cut_chunked":
                half = f"{len(half):x}\r\n".encode() + half + b"\r\n"
            self.wfile.write(f"HTTP/1.1 200 OK\r\n{how.get(kind, '')}\r\n".encode() + half)
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


def _last_text(body: Any) -> str:
    if not isinstance(body, dict):
        return "a form"
    if "input" in body:
        return "\n".join(body["input"])
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
