"""Rows for fusion methods on disk: arrays that open memory-mapped, with the facts that identify them written last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.files import file_sha256, read_json
from mmbench.fusion.blocks import Block, Column, Problem
from mmbench.tasks.base import Load, Task

FACTS = "facts.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class FusionData:
    """A task's rows as fusion methods see them. It pickles as its folder, and opens elsewhere without a task.

    Attributes:
        folder: where the arrays lie.
        facts: JSON values: what was read, how, what is odd about it.
        task, load: what scores outputs; ``None`` where the folder was opened by its path.
    """

    folder: Path
    facts: Mapping[str, Any] = field(repr=False)
    task: Task | None = None
    load: Load | None = field(default=None, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return open_data, (self.folder,)

    @property
    def problem(self) -> Problem:
        """What is to be predicted."""
        known = self.facts["problem"]
        return Problem(tuple(known["classes"]), known["measure"], known["convention"])

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities, in the order of ``Block.inputs``."""
        return tuple(one["name"] for one in self.facts["modalities"])

    @property
    def dims(self) -> tuple[int, ...]:
        """Features per modality, as stored."""
        return tuple(one["kept"] for one in self.facts["modalities"])

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps per modality; 1 where values are ``(n, d)``."""
        return tuple(one["steps"] for one in self.facts["modalities"])

    @property
    def folds(self) -> tuple[str, ...]:
        """The names of the folds; one where the task has splits."""
        return tuple(one["name"] for one in self.facts["folds"])

    def block(self, fold: str, split: str) -> Block:
        """The rows of a split, their values memory-mapped and not to be written to.

        Args:
            fold: one of ``folds``.
            split: ``train``, ``valid`` or ``test``.
        """
        where = self._fold(fold) / split
        rows = read_json(where / "rows.json")
        inputs = tuple(
            Column(name, _mapped(where / f"values.{place}.npy"), _mapped(where / f"mask.{place}.npy"))
            for place, name in enumerate(self.names)
        )
        return Block(rows["ids"], inputs, _mapped(where / "targets.npy"), rows["clusters"], rows["facts"])

    def deviations(self, fold: str) -> tuple[NDArray[np.float64], ...]:
        """Per modality ``(d,)``: the standard deviation of each stored feature over the training steps that are there."""
        return tuple(_mapped(self._fold(fold) / f"deviations.{place}.npy") for place in range(len(self.names)))

    def _fold(self, fold: str) -> Path:
        if fold not in self.folds:
            raise UserError(f"There is no fold {fold!r}: choose of {', '.join(self.folds)}.")
        return self.folder / str(self.folds.index(fold))


def open_data(folder: str | Path) -> FusionData:
    """Rows that ``fusion_data`` stored, without a task, a dataset or an encoder; files are held against their sizes only.

    Raises:
        UserError: the folder does not hold them, or not all of them.
    """
    path = Path(folder)
    reason = damage(path, thorough=False)
    if reason:
        raise UserError(f"{path} does not hold complete rows for fusion methods ({reason}): make them again.")
    return FusionData(path, read_json(path / FACTS))


def damage(folder: Path, *, thorough: bool) -> str:
    """What is wrong with a folder, ``""`` where nothing is. ``thorough`` reads every file and compares its sha256."""
    try:
        facts = read_json(folder / FACTS)
        if facts["schema"] != SCHEMA:
            return f"its schema is {facts['schema']}"
        for name, (size, sha256) in facts["files"].items():
            if (folder / name).stat().st_size != size or (thorough and file_sha256(folder / name) != sha256):
                return f"{name} is not what was written"
    except OSError as error:
        return f"{Path(error.filename or folder).name} cannot be read"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{FACTS} is damaged"
    return ""


def written(folder: Path) -> dict[str, list[Any]]:
    """Each file below a folder with its size and sha256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, file_sha256(path)] for path in files}


def save_rows(
    folder: Path, ids: Sequence[str], clusters: Sequence[str], facts: Mapping[str, Sequence[str]], targets: NDArray[Any]
) -> None:
    """What is known of the rows of a split, beside their values."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"ids": list(ids), "clusters": list(clusters), "facts": {name: list(held) for name, held in facts.items()}}
    (folder / "rows.json").write_text(json.dumps(known, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    np.save(folder / "targets.npy", targets, allow_pickle=False)


def _mapped(path: Path) -> NDArray[Any]:
    found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found
