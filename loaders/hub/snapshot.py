"""Many files of one commit: what is missing is planned, fetched in parallel and verified; what was verified is used as it is."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.loaders.hub import retry
from mmbench.loaders.hub.connection import connect, is_offline
from mmbench.loaders.hub.disk import check_room, in_words, locked, told
from mmbench.loaders.hub.layout import Place, RemoteFile, check_path, place
from mmbench.loaders.hub.manifest import Manifest
from mmbench.loaders.hub.retry import Patience
from mmbench.loaders.hub.transfer import Found, Origin, download


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Verified files on this disk.

    Attributes:
        folder: the files lie here under their own paths.
        repo: ``org/name``.
        revision: the commit, 40 hex digits.
        files: path to the sha256 of the content, for the files that were asked for.
    """

    folder: Path
    repo: str
    revision: str
    files: Mapping[str, str]


def fetch(
    repo: str,
    sha: str,
    wanted: Sequence[RemoteFile],
    *,
    cache: Path,
    progress: bool = False,
    workers: int = 4,
    patience: Patience | None = None,
) -> Snapshot:
    """Files of a commit, each with the content that the hub's tree says: fetched where they are missing, hashed where they are new.

    Without a request where everything is there. A process that is killed leaves verified files and parts, which the next one
    continues; two processes with one commit take turns.

    Args:
        repo: ``org/name``.
        sha: the commit, 40 hex digits.
        wanted: files of ``tree(repo, sha)``.
        cache: the folder of all downloads.
        progress: whether to show a bar, where there is a terminal.
        workers: files at a time.
        patience: how failures are met.

    Raises:
        UserError: refused, unreachable, damaged on the way, no room, a cache that cannot be written, or ``HF_HUB_OFFLINE`` while
            something is missing.
    """
    where = place(repo, sha, cache)
    files = {remote.path: remote for remote in wanted}
    for path in files:
        check_path(repo, path)
    with told(cache):
        manifest = Manifest(where)
        if not _is_complete(where, manifest, files.values()):
            with locked(where.folder):
                manifest = Manifest(where)  # another process may have fetched it while this one waited
                job = _Job(where, manifest, progress, workers, patience if patience is not None else retry.PATIENT)
                try:
                    _complete(job, list(files.values()))
                finally:
                    manifest.save()
    return Snapshot(where.files, repo, sha, MappingProxyType(_contents(manifest, files)))


def present(repo: str, sha: str, wanted: Sequence[RemoteFile], *, cache: Path) -> bool:
    """Whether all these files are on disk and verified. No request is made; only a file that was touched since is read."""
    where = place(repo, sha, cache)
    manifest = Manifest(where)
    return all(_is_verified(where, manifest, remote) for remote in wanted)


@dataclass(frozen=True, slots=True)
class _Job:
    where: Place
    manifest: Manifest
    progress: bool
    workers: int
    patience: Patience


def _complete(job: _Job, wanted: list[RemoteFile]) -> None:
    untrusted = [remote for remote in wanted if not job.manifest.trusts(remote)]
    there = [remote for remote in untrusted if (job.where.files / remote.path).exists()]
    stop = threading.Event()
    _each(lambda remote: _hash_again(job, remote), there, job.workers, stop)
    missing = [remote for remote in untrusted if not job.manifest.trusts(remote)]
    if missing:
        _check_possible(job, missing)
        _fetch_missing(job, missing, stop)
    changed = [remote.path for remote in wanted if not job.manifest.trusts(remote)]
    if changed:
        raise UserError(
            f"{changed[0]} of {job.where.repo} changed on disk right after it was verified: another program writes to "
            f"{job.where.files}, or this disk takes two of its file names for one; use another folder (MMBENCH_CACHE)."
        )
    with contextlib.suppress(OSError):  # parts of files that another call wants stay
        job.where.parts.rmdir()


def _hash_again(job: _Job, remote: RemoteFile) -> None:
    """Keep a file that is there and right; remove one that is not."""
    path = job.where.files / remote.path
    found = Found.of(path, remote)
    if found.is_right and path.stat().st_size == remote.size:
        job.manifest.record(remote, found.sha256)
    else:
        path.unlink()


def _check_possible(job: _Job, missing: list[RemoteFile]) -> None:
    if is_offline():
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(
            f"{missing[0].path}{others} of {job.where.repo} at {job.where.sha[:12]} is not downloaded yet and HF_HUB_OFFLINE is "
            "set: unset it and run `mmbench download` once while you have a connection."
        )
    arrived = sum(_arrived(job.where, remote) for remote in missing)
    check_room(job.where.repo, sum(remote.size for remote in missing) - arrived, job.where.folder)


def _fetch_missing(job: _Job, missing: list[RemoteFile], stop: threading.Event) -> None:
    connection = connect(job.patience)
    with _bar(job, missing) as advance:
        origin = Origin(connection, job.where.repo, job.where.sha, job.patience, stop, advance)
        _each(lambda remote: _fetch_one(job, remote, origin), missing, job.workers, stop)


def _fetch_one(job: _Job, remote: RemoteFile, origin: Origin) -> None:
    """A file appears under its own name only when its content was verified."""
    part, target = job.where.part(remote.path), job.where.files / remote.path
    part.parent.mkdir(parents=True, exist_ok=True)
    sha256 = download(remote, part, origin)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    job.manifest.record(remote, sha256)


def _each(work: Callable[[RemoteFile], None], items: Sequence[RemoteFile], workers: int, stop: threading.Event) -> None:
    """Do all; the first error, or Ctrl-C, stops the others and is raised when they have ended."""
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="mmbench-hub") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


@contextlib.contextmanager
def _bar(job: _Job, missing: list[RemoteFile]) -> Iterator[Callable[[int], None]]:
    """A bar of bytes for all files together; yields what the threads tell their bytes to."""
    from tqdm.auto import tqdm

    lock = threading.Lock()
    total = sum(remote.size for remote in missing)
    with tqdm(
        desc=f"downloading {job.where.repo} ({in_words(total)})",
        total=total,
        initial=sum(_arrived(job.where, remote) for remote in missing),
        unit="B",
        unit_scale=True,
        disable=None if job.progress else True,
        leave=False,
    ) as bar:

        def advance(count: int) -> None:
            with lock:
                bar.update(count)

        yield advance


def _arrived(where: Place, remote: RemoteFile) -> int:
    part = where.part(remote.path)
    return min(part.stat().st_size, remote.size) if part.exists() else 0


def _is_complete(where: Place, manifest: Manifest, wanted: Iterable[RemoteFile]) -> bool:
    """Whether nothing has to be written. A cache that cannot be written is read once more rather than refused."""
    wanted = list(wanted)
    if all(manifest.trusts(remote) for remote in wanted):
        return True
    closed = where.folder.exists() and not os.access(where.folder, os.W_OK)
    return closed and all(_is_verified(where, manifest, remote) for remote in wanted)


def _is_verified(where: Place, manifest: Manifest, remote: RemoteFile) -> bool:
    entry = manifest.entry(remote)
    if entry is None:
        return False
    path = where.files / remote.path
    if entry.is_untouched(path):
        return True
    return path.is_file() and path.stat().st_size == entry.size and file_sha256(path) == entry.sha256


def _contents(manifest: Manifest, files: Mapping[str, RemoteFile]) -> dict[str, str]:
    found = {path: manifest.entry(remote) for path, remote in files.items()}
    return {path: entry.sha256 for path, entry in found.items() if entry is not None}
