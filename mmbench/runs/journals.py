"""Files of one JSON object per line that a crash may tear: written at the end and synced, read up to the torn line."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmbench.errors import UserError


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Add lines and sync them to the disk."""
    with path.open("ab") as handle:
        handle.write("".join(f"{line}\n" for line in lines).encode())
        handle.flush()
        os.fsync(handle.fileno())


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and JSON object per whole line; the torn end of a crash is left out. ``UserError`` names a line that is no JSON."""
    if not path.exists():
        return
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                fields = json.loads(line)
            except ValueError as error:
                raise UserError(
                    f"{path} line {number} is damaged (no JSON): delete that line and run the same command again."
                ) from error
            yield number, fields


def cut_torn_line(path: Path) -> None:
    """Cut off what a crash left behind the last whole line."""
    data = path.read_bytes()
    whole, newline, torn = data.rpartition(b"\n")
    if torn:
        with path.open("r+b") as handle:
            handle.truncate(len(whole) + len(newline))
