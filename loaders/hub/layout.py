"""Where a repository's files lie in the cache, and which names strangers may give to them."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmbench.errors import UserError

SHA = re.compile(r"[0-9a-f]{40}")
_REPO = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9_.-]{1,96})?")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub's tree lists it.

    Attributes:
        path: its place in the repository, with ``/``.
        size: bytes of its content.
        sha256: of its content, where it is stored by LFS (64 hex digits).
        git_sha1: what git calls its blob (40 hex digits); for LFS that is the pointer, not the content.
    """

    path: str
    size: int
    sha256: str | None
    git_sha1: str


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one repository at one commit.

    Attributes:
        repo: ``org/name``.
        sha: the commit, 40 hex digits.
        folder: ``<cache>/hub/<org--name>/<sha>``.
    """

    repo: str
    sha: str
    folder: Path

    @property
    def files(self) -> Path:
        """The verified files, under their own paths."""
        return self.folder / "files"

    @property
    def parts(self) -> Path:
        """What has arrived of unfinished files."""
        return self.folder / "parts"

    @property
    def tree(self) -> Path:
        """The stored listing."""
        return self.folder / "tree.json"

    @property
    def manifest(self) -> Path:
        """What was verified."""
        return self.folder / "manifest.json"

    def part(self, path: str) -> Path:
        """The part of one file: flat and hashed, so that no upstream name can collide with it."""
        from mmbench.files import digest

        return self.parts / f"{digest(path)[:32]}.part"


def place(repo: str, sha: str, cache: Path) -> Place:
    """The folder of a repository at a commit. ``UserError`` where either is not what it should be; nothing is made."""
    check_repo(repo)
    if not SHA.fullmatch(sha):
        raise UserError(
            f"{sha!r} is not a commit of {repo}: a commit is 40 lower-case hex digits; resolve the name first."
        )
    return Place(repo, sha, cache / "hub" / repo.replace("/", "--") / sha)


def check_repo(repo: str) -> None:
    """``UserError`` where a name cannot be a repository's."""
    if not _REPO.fullmatch(repo) or ".." in repo or "--" in repo:  # which is also what the hub forbids
        raise UserError(f"{repo!r} is not the name of a data set on the hub: write it as org/name.")


def check_path(repo: str, path: str) -> None:
    """``UserError`` where an upstream path could lead out of its folder or cannot be a file's name."""
    parts = path.split("/")
    wrong = (
        any(part in ("", ".", "..") for part in parts)
        or "\\" in path
        or _DRIVE.match(path) is not None
        or PurePosixPath(path).is_absolute()
        or any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in path)
    )
    if wrong:
        raise UserError(
            f"{repo} lists a file named {path!r}, which could lead out of its folder: nothing of it was fetched; "
            "tell the owners of the data set."
        )
