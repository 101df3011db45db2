"""The disk's part in a download: room for it, one process at a time, and its errors as sentences."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from mmbench.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT}
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


@contextlib.contextmanager
def told(cache: Path) -> Iterator[None]:
    """Errors of the disk inside the block become a ``UserError`` that names the place and the next step."""
    try:
        yield
    except OSError as error:
        where = error.filename if error.filename is not None else cache
        if error.errno in FULL:
            raise UserError(
                f"The disk of {cache} is full: free some space or set MMBENCH_CACHE to a folder on another disk; "
                "running again continues where it stopped."
            ) from error
        if error.errno in CLOSED:
            raise UserError(
                f"The cache {cache} cannot be written ({where}: {error.strerror}): set MMBENCH_CACHE to a folder of your own."
            ) from error
        raise UserError(f"The disk failed at {where}: {error.strerror or error}; mend it and run again.") from error


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process or thread at a time for a folder, which is made; others wait. The lock's file goes with the last of them."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with FileLock(path):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows removes no open file
                path.unlink()  # while it is held: whoever waits for it notices that it lost its name, and makes a new one


def check_room(what: str, needed: int, folder: Path) -> None:
    """``UserError`` where the disk of a folder has less room than is needed, bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"{what} needs {in_words(needed)} more and {in_words(free)} are free at {folder}: "
            "free some space or set MMBENCH_CACHE to a folder on another disk."
        )


def in_words(size: int) -> str:
    """Bytes as people say them."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
