"""Which files of a commit were verified, and how each looked on disk then: what is trusted without being read again."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mmbench.files import read_json, write_json
from mmbench.loaders.hub.layout import Place, RemoteFile

SAVE_EVERY = 1.0  # seconds; what a killed process had not written is hashed again, not fetched again


@dataclass(frozen=True, slots=True)
class Entry:
    """A verified file: its content's size and sha256, and when it was last changed (nanoseconds)."""

    size: int
    sha256: str
    mtime_ns: int

    @classmethod
    def of(cls, path: Path, sha256: str) -> "Entry":
        """The entry of a file that was verified just now."""
        stat = path.stat()
        return cls(stat.st_size, sha256, stat.st_mtime_ns)

    def is_untouched(self, path: Path) -> bool:
        """Whether the file is as it was verified, by size and time."""
        try:
            stat = path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)


class Manifest:
    """The verified files of one commit, kept on disk while more are verified."""

    def __init__(self, where: Place) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._entries = dict(_read(where))
        self._saved = time.monotonic()
        self._changed = False

    def entry(self, remote: RemoteFile) -> Entry | None:
        """What was verified of a file; ``None`` where nothing was, or where the tree says otherwise now."""
        entry = self._entries.get(remote.path)
        fits = entry is not None and entry.size == remote.size and remote.sha256 in (None, entry.sha256)
        return entry if fits else None

    def trusts(self, remote: RemoteFile) -> bool:
        """Whether a file was verified and not touched since."""
        entry = self.entry(remote)
        return entry is not None and entry.is_untouched(self._where.files / remote.path)

    def record(self, remote: RemoteFile, sha256: str) -> None:
        """Note a file that was verified just now; written to disk every second."""
        entry = Entry.of(self._where.files / remote.path, sha256)
        with self._lock:
            self._entries[remote.path] = entry
            self._changed = True
            if time.monotonic() - self._saved > SAVE_EVERY:
                self._write()

    def save(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            if self._changed:
                self._write()

    def _write(self) -> None:
        files = {path: asdict(entry) for path, entry in sorted(self._entries.items())}
        write_json(self._where.manifest, {"repo": self._where.repo, "sha": self._where.sha, "files": files})
        self._saved = time.monotonic()
        self._changed = False


def _read(where: Place) -> Mapping[str, Entry]:
    """The stored entries; none where the manifest is absent or damaged, since files can be hashed again."""
    try:
        stored = read_json(where.manifest)
        if (stored["repo"], stored["sha"]) != (where.repo, where.sha):
            return {}
        return {path: Entry(**facts) for path, facts in stored["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
