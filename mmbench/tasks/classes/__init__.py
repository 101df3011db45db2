"""The classes of datasets: what a row's target is written as, and what a prompt calls it. A ``.tsv`` file per dataset."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ClassList:
    """The classes of a dataset, in the order of their numbers.

    Attributes:
        key: the file's name, which is the dataset's key.
        source: who named the classes.
        names: what prompts call them; different from one another.
    """

    key: str
    source: str
    names: tuple[str, ...]
    _numbers: dict[str, int] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def number(self, target: Any) -> int:
        """The class of a row's target: its number, or its label in any case, whatever stands between the words.

        Raises:
            ValueError: a target that is none of the classes.
        """
        if isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(self.names):
            return target
        found = self._numbers.get(_plain(target)) if isinstance(target, str) else None
        if found is None:
            raise ValueError(f"the label {target!r} is none of the {len(self.names)} classes of {self.key}")
        return found

    def numbers(self, targets: Sequence[Any]) -> list[int]:
        """``number`` of each."""
        return [self.number(target) for target in targets]


@cache
def read_classes(key: str) -> ClassList:
    """The classes of a dataset, from its file: after a line ``# source``, per class a label (others it goes by behind ``|``), and
    behind a tab its name in prompts where that is not the label with spaces.
    """  # noqa: D205
    head, *lines = (FOLDER / f"{key}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.partition("\t") for line in lines]
    labels = [label.split("|") for label, _, _ in rows]
    names = tuple(name or label.split("|")[0].replace("_", " ") for label, _, name in rows)
    numbers = {_plain(label): number for number, spelled in enumerate(labels) for label in spelled}
    return ClassList(key, head.removeprefix("# "), names, numbers)


def _plain(label: str) -> str:
    return re.sub(r"[\W_]+", " ", label.casefold()).strip()
