"""How the loopback hub sends a file's bytes: whole or a range of them, well or spoiled by a fault."""

import gzip
import re
import socket
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.hub.faults import Fault

if TYPE_CHECKING:
    from tests.hub.server import _Handler

PAGE = b"<!doctype html><title>502 Bad Gateway</title><h1>Something went wrong</h1>"
SETTLE = 0.05  # a reset that comes at once makes the client drop what it has not read yet


def send_body(handler: "_Handler", data: bytes, fault: Fault | None, headers: Mapping[str, str | None]) -> None:
    """Answer with ``data``, or with what the fault makes of it."""
    kind = fault.kind if fault is not None else ""
    if fault is not None and kind == "status":
        handler.answer(fault.status, fault.headers, b"injected")
        return
    if kind == "html":
        handler.answer(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)
        return
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", handler.headers.get("Range") or "")
    data = _spoiled(data, fault, ranged=asked is not None)
    whole = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers}
    if kind == "gzip":
        handler.answer(200, whole | {"Content-Encoding": "gzip"}, gzip.compress(data))
        return
    start, stop, status = 0, len(data), 200
    ignores = fault is not None and (fault.kind == "ignore_range" or fault.ignores_range)
    if asked is not None and not ignores:
        start, stop = (0, len(data)) if kind == "other_range" else _range(asked, len(data))
        if start >= len(data):
            handler.answer(416, {"Content-Range": f"bytes */{len(data)}"})
            return
        status = 206
        whole["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    body = data[start:stop]
    if fault is None or kind not in ("cut", "rst", "stall", "no_length"):
        handler.answer(status, whole, body)
    else:
        _break_off(handler, status, whole, body, fault)


def _range(asked: re.Match[str], size: int) -> tuple[int, int]:
    if asked[1] == "":
        return max(0, size - int(asked[2])), size
    return int(asked[1]), min(size, int(asked[2]) + 1 if asked[2] else size)


def _spoiled(data: bytes, fault: Fault | None, *, ranged: bool) -> bytes:
    if fault is None or not data:
        return data
    if fault.kind == "corrupt":
        return bytes([data[0] ^ 0xFF]) + data[1:-1] + bytes([data[-1] ^ 0x55])
    if fault.kind == "bit" or (fault.kind == "wrong_resume" and ranged):
        place = fault.at if 0 < fault.at < len(data) else len(data) // 2
        return data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]
    return data[: fault.at] if fault.kind == "short_body" else data


def _break_off(handler: "_Handler", status: int, headers: Mapping[str, str | None], body: bytes, fault: Fault) -> None:
    """Promise the body, send a part of it, and end badly."""
    part = body if fault.kind == "no_length" and not fault.at else body[: fault.at]
    length = None if fault.kind == "no_length" else str(len(body))
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": length, "Connection": "close"}.items():
        if value is not None:
            handler.send_header(name, value)
    handler.end_headers()
    handler.close_connection = True
    handler.note(status, len(part))
    if handler.command == "HEAD":
        return
    handler.wfile.write(part)
    handler.wfile.flush()
    if fault.kind == "stall":
        handler.hub.closing.wait(fault.seconds)
    elif fault.kind == "rst":
        handler.hub.closing.wait(SETTLE)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    else:
        handler.connection.shutdown(socket.SHUT_RDWR)
