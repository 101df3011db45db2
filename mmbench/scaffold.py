"""Files to begin with: a checked name becomes a module and its test, written from templates that run as they are."""

import importlib.util
import keyword
import re
from collections.abc import Mapping
from pathlib import Path

from mmbench.errors import UserError
from mmbench.files import write_bytes

LONGEST = 100  # letters of a name: it becomes the name of files and of a folder
NAME = "[a-z0-9]+(-[a-z0-9]+)*"  # what a card's key may be
TEMPLATES = Path(__file__).parent / "templates"


def module_of(name: str, what: str, example: str) -> str:
    """The module that a name in lower case becomes. ``UserError`` where it is no name, or none for ``what``."""
    module = name.replace("-", "_")
    right = re.fullmatch(NAME, name) and len(name) <= LONGEST
    if not right or not module.isidentifier() or keyword.iskeyword(module):
        raise UserError(
            f"{name!r} is no name for a {what}: use lower case letters, digits and hyphens, a letter first, as in {example}."
        )
    return module


def write_module(
    folder: Path, module: str, templates: tuple[str, str], words: Mapping[str, str], what: str
) -> tuple[Path, Path]:
    """Write a module and its test from templates; returns their paths.

    Args:
        folder: where they go; made where it is missing.
        module: its name.
        templates: of the module and of the test, in ``mmbench/templates``.
        words: what stands in the templates, to what takes its place.
        what: named in errors.

    Raises:
        UserError: a file that exists, a module of that name that is installed, or a folder that cannot be made.
    """
    make_folder(folder)
    paths = folder / f"{module}.py", folder / f"test_{module}.py"
    for path in paths:
        if path.exists():
            raise UserError(f"{path} exists: choose another name, or delete it first.")
    if importlib.util.find_spec(module) is not None:
        raise UserError(
            f"A module {module} is installed, which would be imported in the {what}'s place: choose another name."
        )
    for path, template in zip(paths, templates, strict=True):
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        write_bytes(path, re.sub("|".join(words), lambda found: words[found[0]], text).encode())
    return paths


def make_folder(folder: Path) -> None:
    """Make the folder that is written to later: what cannot be made is said before a long download, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be made ({error.strerror}): name another one.") from error
