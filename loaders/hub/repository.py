"""What a repository holds: the commit behind a name, and the files of that commit with their sizes and hashes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mmbench.errors import UserError
from mmbench.files import digest, read_json, write_json
from mmbench.loaders.hub import retry
from mmbench.loaders.hub.connection import Connection, connect, get_json, is_offline, on_endpoint
from mmbench.loaders.hub.disk import told
from mmbench.loaders.hub.layout import SHA, Place, RemoteFile, check_path, check_repo, place
from mmbench.loaders.hub.retry import Patience

_SHA256 = re.compile(r"[0-9a-f]{64}")


def resolve(repo: str, revision: str | None = None, *, patience: Patience | None = None) -> str:
    """The commit behind a branch, a tag or a short sha.

    Args:
        repo: ``org/name``.
        revision: what to look up; ``None`` for the default branch. A full commit sha is returned as it is, without a request.
        patience: how failures are met; the default waits for about half a minute.

    Returns:
        40 hex digits.

    Raises:
        UserError: no such repository or revision, no access, no connection, or ``HF_HUB_OFFLINE``.
    """
    check_repo(repo)
    if revision is not None and SHA.fullmatch(revision):
        return revision
    named = f"revision {revision!r} of {repo}" if revision is not None else f"the newest revision of {repo}"
    if is_offline():
        raise UserError(
            f"HF_HUB_OFFLINE is set, so {named} cannot be looked up: name a commit of 40 hex digits, or unset it once."
        )
    patience = patience if patience is not None else retry.PATIENT
    connection = connect(patience)
    url = f"{connection.endpoint}/api/datasets/{repo}"
    if revision is not None:
        url += f"/revision/{quote(revision, safe='')}"
    facts = get_json(connection, url, repo, named, patience).value
    sha = facts.get("sha") if isinstance(facts, dict) else None
    if not isinstance(sha, str) or not SHA.fullmatch(sha):
        raise UserError(f"{connection.endpoint} names no commit for {named}: HF_ENDPOINT does not point at a hub.")
    return sha


def tree(repo: str, sha: str, *, cache: Path | None = None, patience: Patience | None = None) -> tuple[RemoteFile, ...]:
    """All files of a commit, in the hub's order.

    Args:
        repo: ``org/name``.
        sha: the commit, 40 hex digits.
        cache: where listings are kept; a commit never changes, so a kept one is used without a request.
        patience: how failures are met.

    Raises:
        UserError: as ``resolve``; a path that could lead out of its folder; a cache that cannot be written.
    """
    kept = cached_tree(repo, sha, cache=cache) if cache is not None else None
    if kept is not None:
        return kept
    where = place(repo, sha, cache if cache is not None else Path())
    if is_offline():
        raise UserError(
            f"The list of files of {repo} at {sha[:12]} is not downloaded yet and HF_HUB_OFFLINE is set: "
            "unset it and run `mmbench download` once while you have a connection."
        )
    patience = patience if patience is not None else retry.PATIENT
    connection = connect(patience)
    files = tuple(_entry(repo, item) for item in _items(connection, where, patience) if _is_file(repo, item))
    if len({file.path for file in files}) != len(files):
        raise UserError(f"{connection.endpoint} lists a file of {repo} twice: the answer is damaged; run again.")
    if cache is not None:
        with told(cache):
            _store(where, files)
    return files


def cached_tree(repo: str, sha: str, *, cache: Path) -> tuple[RemoteFile, ...] | None:
    """The stored listing of a commit, or ``None`` where there is none or it is damaged. No request is made."""
    where = place(repo, sha, cache)
    try:
        stored = read_json(where.tree)
        rows = stored["files"]
        if (stored["repo"], stored["sha"], stored["digest"]) != (repo, sha, digest(rows)):
            return None
        files = tuple(RemoteFile(**row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    for file in files:
        check_path(repo, file.path)
    return files


def _store(where: Place, files: tuple[RemoteFile, ...]) -> None:
    rows = [{"path": f.path, "size": f.size, "sha256": f.sha256, "git_sha1": f.git_sha1} for f in files]
    write_json(where.tree, {"repo": where.repo, "sha": where.sha, "digest": digest(rows), "files": rows})


def _items(connection: Connection, where: Place, patience: Patience) -> Iterator[Any]:
    """The entries of all pages. A page that was seen before ends it with an error instead of a circle."""
    what = f"the list of files of {where.repo} at {where.sha[:12]}"
    following: str | None = f"{connection.endpoint}/api/datasets/{where.repo}/tree/{where.sha}?recursive=true"
    seen: set[str] = set()
    while following is not None:
        seen.add(following)
        answer = get_json(connection, following, where.repo, what, patience)
        if not isinstance(answer.value, list):
            raise UserError(f"{connection.endpoint} does not answer with {what}: HF_ENDPOINT does not point at a hub.")
        yield from answer.value
        following = on_endpoint(connection, answer.following) if answer.following is not None else None
        if following in seen:
            raise UserError(f"{connection.endpoint} pages {what} in a circle: its answer cannot be trusted; run again.")


def _is_file(repo: str, item: Any) -> bool:
    if not isinstance(item, dict):
        raise UserError(f"The hub's list of files of {repo} holds something that is not a file: {str(item)[:80]!r}.")
    return item.get("type") == "file"


def _entry(repo: str, item: dict[str, Any]) -> RemoteFile:
    """One line of the listing, checked: it decides what is written where and what its content must be."""
    path, size, oid, lfs = item.get("path"), item.get("size"), item.get("oid"), item.get("lfs")
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else None
    if not isinstance(path, str):
        raise UserError(f"The hub lists a file of {repo} without a path: {str(item)[:80]!r}.")
    check_path(repo, path)
    named = isinstance(oid, str) and SHA.fullmatch(oid) is not None
    hashed = lfs is None or (isinstance(sha256, str) and _SHA256.fullmatch(sha256) is not None)
    if not isinstance(size, int) or size < 0 or not isinstance(oid, str) or not named or not hashed:
        raise UserError(f"The hub lists {path} of {repo} without a usable size or hash, so it cannot be verified.")
    return RemoteFile(path, size, sha256, oid)
