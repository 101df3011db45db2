"""Files that only the user can bring: where they are looked for, what they are checked against, and how they are brought."""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import atomic_path, file_sha256, read_json, write_json
from mmbench.loaders.folders import cache_folder


@dataclass(frozen=True, slots=True)
class UserFile:
    """A file that was found.

    Attributes:
        path: where it is, or was when it was last read.
        sha256: of its bytes.
        verified: whether that is the sum that was asked for; ``False`` where none is known.
    """

    path: Path
    sha256: str
    verified: bool


def user_file(key: str, name: str, *, sha256: Collection[str] | None, where: str) -> UserFile:
    """The file ``name`` of a dataset, from ``$MMBENCH_FILES/<key>/`` or else ``<cache folder>/files/<key>/``, checked.

    What was found is noted in the cache, so that a large file is hashed once, and so that what was built from it can be opened after
    the file is gone.

    Args:
        key: the dataset.
        name: the file.
        sha256: the sums that are accepted; ``None`` where upstream published none.
        where: the address that says how to get it.

    Raises:
        UserError: the file is missing or is another one; the sentence says what to bring, from where and to which place.
    """
    path = find_user_file(key, name)
    note = _note(key, name)
    if path is None:
        if note is None or not _accepted(note["sha256"], sha256):
            raise missing(key, name, sha256=sha256, where=where)
        return UserFile(Path(note["path"]), note["sha256"], sha256 is not None)
    state = _state(path)
    known = note is not None and all(note[field] == value for field, value in state.items())
    found: str = note["sha256"] if note is not None and known else _hashed(path)
    if not _accepted(found, sha256):
        raise _other(key, path, found, sha256 or (), where)
    if not known:
        write_json(_note_path(key, name), state | {"sha256": found})
    return UserFile(path, found, sha256 is not None)


def find_user_file(key: str, name: str) -> Path | None:
    """Where the file is, without reading it; ``None`` where it is in neither place."""
    return next((folder / name for folder in _folders(key) if (folder / name).is_file()), None)


def was_read(key: str, name: str) -> bool:
    """Whether the file was here once, so that what was built from it may still be."""
    return _note(key, name) is not None


def bring(key: str, file: str | Path, *, name: str, sha256: Collection[str] | None, where: str) -> Path:
    """Copy a file of the user's to ``<cache folder>/files/<key>/<name>``, checked; returns its new path.

    Raises:
        UserError: the file cannot be read, is another one, or does not fit on the disk. Nothing is left behind then.
    """
    source, target = Path(file).expanduser(), _folders(key)[-1] / name
    if not source.is_file():
        raise UserError(f"{source} is no file: name the {name} that you have for {key}.")
    if target.exists() and target.samefile(source):
        return user_file(key, name, sha256=sha256, where=where).path
    try:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
            found = file_sha256(temporary)
            if not _accepted(found, sha256):
                raise _other(key, source, found, sha256 or (), where)
    except OSError as error:
        raise UserError(f"{source} could not be copied to {target} ({error.strerror}): nothing was changed.") from error
    write_json(_note_path(key, name), _state(target) | {"sha256": found})
    return target


def missing(key: str, name: str, *, sha256: Collection[str] | None, where: str) -> UserError:
    """The sentence for a file that is not here."""
    sums = f" (sha256 {' or '.join(sorted(sha256))})" if sha256 else " (no sha256 of it was published)"
    return UserError(
        f"{key} needs the file {name}{sums}, which has no public host: {where} says how to get it; then run "
        f"`mmbench download {key} --from FILE` or put it at {_folders(key)[0] / name}."
    )


def _other(key: str, path: Path, found: str, expected: Collection[str], where: str) -> UserError:
    return UserError(
        f"{path} is not the file that {key} describes: its sha256 is {found}, expected {' or '.join(sorted(expected))}; "
        f"it is damaged or another version; {where} says how to get the right one."
    )


def _accepted(found: str, sha256: Collection[str] | None) -> bool:
    return sha256 is None or found in sha256


def _folders(key: str) -> list[Path]:
    """Where files of a dataset are looked for, in this order; the last is where they are copied to."""
    named = os.environ.get("MMBENCH_FILES")
    own = [Path(named).expanduser() / key] if named else []
    return [*own, cache_folder() / "files" / key]


def _hashed(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error


def _state(path: Path) -> dict[str, Any]:
    stat = path.stat()
    return {"path": str(path), "size": stat.st_size, "changed": stat.st_mtime_ns}


def _note_path(key: str, name: str) -> Path:
    return _folders(key)[-1] / f"{name}.found.json"


def _note(key: str, name: str) -> dict[str, Any] | None:
    """What was found last; ``None`` where nothing was, or where the note is damaged and the file is to be hashed again."""
    try:
        note = read_json(_note_path(key, name))
    except (OSError, ValueError):
        return None
    kinds = {"path": str, "size": int, "changed": int, "sha256": str}
    whole = isinstance(note, dict) and all(isinstance(note.get(field), kind) for field, kind in kinds.items())
    return note if whole else None
