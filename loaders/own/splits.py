"""Names of splits: what people call them, and what mmbench does."""

import re

from mmbench.errors import UserError

WHOLE = "all"  # where nothing says that there are splits
UNASSIGNED = "unsplit"  # beside rows that have a split: those that have none
SPELLINGS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
NUMBERED = re.compile(r"[-_.]\d+([-_]of[-_]\d+)?$")
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def known_split(name: str) -> str | None:
    """``validation`` for ``Val``, ``dev``, …; ``None`` for a name that is no usual split."""
    return SPELLINGS.get(name.lower())


def split_in(stem: str) -> str | None:
    """The usual split that a file's name says: ``train`` of ``train-00000-of-00004``."""
    return known_split(without_number(stem))


def without_number(stem: str) -> str:
    """A shard's name without its number: ``test-clean`` of ``test-clean-000003``."""
    return NUMBERED.sub("", stem)


def split_named(value: object, where: str) -> str:
    """The split that a table's cell names. ``UserError`` where it can't be the name of a file, which it becomes."""
    text = str(value).strip()
    known = known_split(text)
    if known is None and not SAFE.fullmatch(text):
        raise UserError(f"{where} names the split {text[:80]!r}: use letters, digits, '.', '_' and '-', as in 'test'.")
    return known or text
