"""What a folder holds: its files in a stable order, found by the names that tables give them. Nothing leads out of it."""

import os
import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from mmbench.errors import UserError
from mmbench.loaders.own.kinds import kind_of, suffix_of
from mmbench.loaders.own.splits import WHOLE, known_split

ROOT = "own"  # the name of the folder in stored rows
SHOWN = 3
DRIVE = re.compile(r"[A-Za-z]:|\\\\")  # of Windows: a letter and a colon, or a server
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini"}


class Names:
    """Finds files by what a table calls them: beside the table, below the folder, or anywhere below it by a unique name.

    Unicode spelled in another normal form, and Windows' backslashes, name the same file.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self._exact = set(files)
        self._composed = {_composed(name): name for name in files}
        self._last: dict[str, list[str]] = {}
        for name in files:
            self._last.setdefault(_composed(PurePosixPath(name).name), []).append(name)

    def find(self, value: str, beside: str, where: str) -> str | None:
        """The relative path of the file that ``value`` names in a table inside the folder ``beside``; ``None`` where there is none.

        Raises:
            UserError: the name is absolute, leads upward, is an address, or fits several files.
        """
        for spelled in dict.fromkeys((value, value.replace("\\", "/"))):
            _refuse_escape(spelled, where)
            for candidate in dict.fromkeys(
                (posixpath.normpath(f"{beside}/{spelled}").lstrip("/"), posixpath.normpath(spelled))
            ):
                found = candidate if candidate in self._exact else self._composed.get(_composed(candidate))
                if found is not None:
                    return found
        return self._by_last_name(value, beside, where)

    def _by_last_name(self, value: str, beside: str, where: str) -> str | None:
        if "/" in value or "\\" in value:
            return None
        found = [name for name in self._last.get(_composed(value), []) if PurePosixPath(name).is_relative_to(beside)]
        if len(found) > 1:
            raise UserError(f"{where} names {value!r}, which fits {listed(found)}: write its folder before its name.")
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or the part of one that is a split.

    Attributes:
        root: the absolute folder that all relative paths start from.
        at: the part's own folder below it, ``""`` for the root itself.
        files: relative paths below ``at``, sorted.
        names: finds files of the whole root.
        columns: upstream columns that the user has said the role of.
        split: the split of rows that name none.
    """

    root: Path
    at: str
    files: tuple[str, ...]
    names: Names
    columns: Mapping[str, str]
    split: str = WHOLE

    @property
    def media(self) -> tuple[str, ...]:
        """Its pictures and sounds."""
        return tuple(name for name in self.files if kind_of(name) is not None)

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """Its files of these kinds: those right inside it, or if there are none, those anywhere below."""
        found = tuple(name for name in self.files if suffix_of(name) in suffixes)
        top = tuple(name for name in found if _parent(name) == self.at)
        return top or found

    def shallow(self) -> "Folder":
        """Only what lies right inside it."""
        return replace(self, files=tuple(name for name in self.files if _parent(name) == self.at))

    def split_folders(self) -> list["Folder"]:
        """Its sub-folders with the names of splits, by the name of the split. ``UserError`` for two of one split."""
        depth = len(PurePosixPath(self.at).parts)
        found: dict[str, str] = {}
        for name in self.files:
            parts = PurePosixPath(name).parts
            split = known_split(parts[depth]) if len(parts) > depth + 1 else None
            if split is None:
                continue
            at = "/".join(parts[: depth + 1])
            if found.setdefault(split, at) != at:
                raise UserError(
                    f"{at} and {found[split]} are both the split {split!r}: put their files into one folder."
                )
        return [
            replace(self, at=at, split=split, files=tuple(name for name in self.files if name.startswith(f"{at}/")))
            for split, at in sorted(found.items())
        ]


def open_folder(root: Path, columns: Mapping[str, str]) -> Folder:
    """List a folder; hidden files are left out. ``UserError`` for a link that leads out of it or to nothing."""
    try:
        files = tuple(sorted(_walk(root, root)))
    except OSError as error:
        raise UserError(f"{error.filename or root} cannot be read ({error.strerror}): check the folder.") from error
    return Folder(root, "", files, Names(files), columns)


def listed(names: Collection[str]) -> str:
    """The first names of many, for an error: ``a, b, c and 4 more``."""
    shown = [repr(name) for name in list(names)[:SHOWN]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _walk(folder: Path, root: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in IGNORED:
                continue
            if entry.is_symlink():
                _refuse_link(Path(entry.path), root)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), root)
            elif entry.is_file():
                yield _text(Path(entry.path).relative_to(root).as_posix())


def _text(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"The file name {name!r} is not UTF-8: rename the file.") from error
    return name


def _refuse_link(path: Path, root: Path) -> None:
    if not path.exists():
        raise UserError(f"{path} is a link to nothing: mend it or take it away.")
    if not path.resolve().is_relative_to(root):
        raise UserError(
            f"{path} is a link that leads out of the folder: copy what it points to, or name a folder that holds both."
        )


def _refuse_escape(value: str, where: str) -> None:
    if "://" in value:
        raise UserError(f"{where} names the address {value[:120]!r}: download it, and name the file.")
    if value.startswith("/") or DRIVE.match(value) or ".." in value.split("/"):
        raise UserError(
            f"{where} names {value[:120]!r}, which leads out of the folder: name files relative to the table."
        )


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
