"""What the loopback hub holds: blobs, commits and refs, as git and LFS would name them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LFS_FROM = 10_000  # files of this size or more are LFS: a sha256, and a redirect to the other origin
Source = bytes | Path


@dataclass(frozen=True, slots=True)
class Blob:
    """One file's content. ``oid`` is what the tree calls it: its git sha1, or that of its pointer for LFS."""

    source: Source
    size: int
    oid: str
    sha256: str
    lfs: bool

    @classmethod
    def of(cls, source: Source, *, lfs_from: int = LFS_FROM) -> "Blob":
        data = source if isinstance(source, bytes) else source.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        lfs = len(data) >= lfs_from
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(data)}\n".encode()
        return cls(source, len(data), git_sha1(pointer if lfs else data), sha256, lfs)

    def read(self) -> bytes:
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()

    def entry(self, path: str) -> dict[str, Any]:
        """The file as the tree lists it."""
        lfs = {"lfs": {"oid": self.sha256, "size": self.size, "pointerSize": 130}} if self.lfs else {}
        return {"type": "file", "oid": self.oid, "size": self.size, "path": path, **lfs}


@dataclass(slots=True)
class Repo:
    """One repository. ``gated``: metadata is open, content is not; ``private``: as if it did not exist, but for ``allowed`` tokens."""

    repo_id: str
    repo_type: str = "dataset"
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    allowed: set[str] = field(default_factory=set)

    def commit(self, files: Mapping[str, Source], refs: tuple[str, ...], lfs_from: int) -> str:
        tree = {path: Blob.of(source, lfs_from=lfs_from) for path, source in sorted(files.items())}
        named = "".join(f"{path}\0{blob.oid}\0" for path, blob in tree.items())
        sha = hashlib.sha1(f"{self.repo_id}\0{len(self.commits)}\0{named}".encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = tree
        self.refs |= dict.fromkeys(refs, sha)
        return sha

    def resolve(self, revision: str) -> str | None:
        """The commit of a ref, or of a sha that exists."""
        return self.refs.get(revision) or (revision if revision in self.commits else None)

    def listing(self, sha: str, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        """The tree's entries under a folder, sub-folders first."""
        inside = f"{folder.strip('/')}/" if folder.strip("/") else ""
        folders: dict[str, dict[str, Any]] = {}
        files = []
        for path, blob in self.commits[sha].items():
            if not path.startswith(inside):
                continue
            parts = path[len(inside) :].split("/")
            for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
                name = inside + "/".join(parts[:depth])
                folders.setdefault(name, {"type": "directory", "oid": "0" * 40, "size": 0, "path": name})
            if recursive or len(parts) == 1:
                files.append(blob.entry(path))
        return [*folders.values(), *files]


def git_sha1(data: bytes) -> str:
    """The name that git gives to a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
