"""Who may write a run folder: one process alone, or the shards of one split side by side.

Each takes its own lock first and looks at the others' after it, so that of two that must not meet at least one gives way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmbench.engines.shards import Shard
from mmbench.errors import UserError

PATIENCE = 5.0  # seconds: another shard may hold a lock for the moment in which it looks who is there


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Nobody else writes the run. ``UserError`` where somebody does."""
    with _held(
        folder / ".lock",
        0,
        f"Another process is writing {folder}: wait for it, share the work with --shard, or choose another --output-dir.",
    ):
        alive = _shards_at_work(folder)
        if alive:
            raise UserError(
                f"{len(alive)} shards are writing {folder} ({alive[0]}, …): wait for them, or join them with --shard."
            )
        yield


@contextmanager
def shard_writer(folder: Path, shard: Shard) -> Iterator[None]:
    """Only other shards of the same number write the run. ``UserError`` where somebody else does."""
    again = f"Another process is writing shard {shard} of {folder}: give every process a shard of its own."
    with _held(folder / f".lock-{shard.writer}", PATIENCE, again):
        others = [name for name in _shards_at_work(folder, but=shard) if not name.endswith(f"-of-{shard.count}")]
        if others:
            raise UserError(
                f"{folder} is being written in another number of shards ({others[0]}): wait for them, or cut as they do."
            )
        with _held(
            folder / ".lock", PATIENCE, f"Another process is writing {folder}: wait for it, then start the shards."
        ):
            pass
        yield


@contextmanager
def last_word(folder: Path) -> Iterator[None]:
    """One shard at a time looks whether all is there, and scores if it is."""
    from filelock import FileLock

    with FileLock(folder / ".lock-scoring"):
        yield


def _shards_at_work(folder: Path, but: Shard | None = None) -> list[str]:
    from filelock import FileLock, Timeout

    found = []
    for path in sorted(folder.glob(".lock-shard-*")):
        name = path.name.removeprefix(".lock-")
        if but is not None and name == but.writer:
            continue
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
            found.append(name)
    return found


@contextmanager
def _held(path: Path, patience: float, refusal: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=patience)
    except Timeout as error:
        raise UserError(refusal) from error
    try:
        yield
    finally:
        lock.release()
