"""Hashes of the user's files, remembered by path, size and times, so that an untouched folder is not read twice."""

import time
from pathlib import Path

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256, read_json, write_json
from mmbench.loaders.folders import cache_folder

SETTLED = 2_000_000_000  # ns: a file younger than this may change again without its times showing it


class Hashes:
    """The sha256 of files below one folder; ``save`` keeps them for the next time."""

    def __init__(self, root: Path) -> None:

        self._root = root
        self._file = cache_folder() / "hashes" / f"{digest(str(root))[:16]}.json"
        self._known: dict[str, list[int | str]] = self._load()
        self._fresh = False

    def of(self, path: Path) -> str:
        """The sha256 of a file. ``UserError`` where it cannot be read."""
        try:
            stat = path.stat()
            state = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            name = path.relative_to(self._root).as_posix()
            known = self._known.get(name, [])
            if known[:3] == state:
                return str(known[3])
            sha256 = file_sha256(path)
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): mend it or take it out.") from error
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED:
            self._known[name] = [*state, sha256]
            self._fresh = True
        return sha256

    def save(self) -> None:
        """Write what was learnt."""
        if self._fresh:
            write_json(self._file, self._known)
            self._fresh = False

    def _load(self) -> dict[str, list[int | str]]:
        try:
            found = read_json(self._file)
        except (OSError, ValueError):
            return {}  # it is only a shortcut
        return found if isinstance(found, dict) and all(isinstance(value, list) for value in found.values()) else {}
