"""``mmbench.lock``: the commits that were resolved for cards which pin none, so that the same user gets the same data again."""

import os
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import read_json, write_json


def lock_path() -> Path:
    """``$MMBENCH_LOCK``, or ``mmbench.lock`` in the current folder: a file to commit beside your runs."""
    return Path(os.environ.get("MMBENCH_LOCK") or "mmbench.lock").expanduser()


def locked(repo: str) -> str | None:
    """The commit (40 hex digits) that a repository was resolved to before, or ``None``."""
    found = _read().get(repo)
    return None if found is None else str(found["revision"])


def lock(repo: str, revision: str, requested: str, date: str) -> str:
    """Write down a commit for a repository; where one stands there already, that one stays and is returned."""
    from filelock import FileLock

    path = lock_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            entries = _read()
            entries.setdefault(repo, {"revision": revision, "requested": requested, "resolved": date})
            write_json(path, {"schema": 1, "datasets": dict(sorted(entries.items()))})
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}); the commit that {repo} was resolved to has to be kept: "
            f"set MMBENCH_LOCK to a file that you can write."
        ) from error
    return str(entries[repo]["revision"])


def _read() -> dict[str, Any]:
    path = lock_path()
    if not path.exists():
        return {}
    try:
        entries = read_json(path)["datasets"]
        for entry in entries.values():
            if len(bytes.fromhex(entry["revision"])) != 20:
                raise ValueError("a revision is no commit")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error}): restore it from your version control, or delete it.") from error
    found: dict[str, Any] = entries
    return found
