"""What was read of a task, standardised and reduced fold by fold, as arrays on disk, and what a reader should know of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Mask
from mmbench.fusion.data.gathering import Entries
from mmbench.fusion.data.problems import targets_of
from mmbench.fusion.data.reader import Gathered, Read
from mmbench.fusion.data.reduction import Reduction, Steps, deviations, reduction_of, weights_of
from mmbench.fusion.data.stored import save_rows

STEPS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """A modality as it is stored: its distinct parts, steps per row, and features per step before and after."""

    name: str
    entries: Entries
    lengths: NDArray[np.int64]
    steps: int
    kept: int


def write_rows(folder: Path, gathered: Gathered, reduce: int | None) -> dict[str, Any]:
    """Write the arrays of all folds below a folder.

    Args:
        folder: is made.
        gathered: what was read.
        reduce: features that are kept per modality.

    Returns:
        the facts ``problem``, ``modalities``, ``rows``, ``folds`` (with counted defects) and ``warnings``.
    """
    kept = [_kept(name, entries, gathered, reduce) for name, entries in gathered.entries.items()]
    folds, flat = [], []
    for place, (name, splits) in enumerate(gathered.folds.items()):
        where = folder / str(place)
        for split, read in splits.items():
            facts = {fact: read.facts[fact] for fact in gathered.facts}
            save_rows(where / split, read.ids, read.clusters, facts, targets_of(gathered.problem, read.targets))
        for number, one in enumerate(kept):
            if not _write_modality(where, number, one, splits, reduce):
                flat.append(f"{one.name} is the same in every training row ({name}): it tells nothing.")
        counts = {split: _counts(read, kept, gathered) for split, read in splits.items()}
        folds.append({"name": name, "rows": {split: len(read.ids) for split, read in splits.items()}, "counts": counts})
    return {
        "problem": {**asdict(gathered.problem), "classes": list(gathered.problem.classes)},
        "modalities": [_facts(one) for one in kept],
        "folds": folds,
        "warnings": [*gathered.warnings, *flat, *_sentences(folds)],
    }


def _kept(name: str, entries: Entries, gathered: Gathered, reduce: int | None) -> Kept:
    held = [
        read.entries[name] for splits in gathered.folds.values() for read in splits.values() if name in read.entries
    ]
    used = np.unique(np.concatenate(held))
    lengths = entries.lengths()
    steps = int(lengths[used[used >= 0]].max(initial=1))
    return Kept(name, entries, lengths, steps, entries.width if reduce is None else min(entries.width, reduce))


def _facts(one: Kept) -> dict[str, Any]:
    return {
        "name": one.name,
        "encoder": one.entries.encoder,
        "revision": one.entries.revision,
        "d": one.entries.width,
        "kept": one.kept,
        "steps": one.steps,
        "distinct": len(one.entries.starts) - 1,
    }


def _write_modality(where: Path, number: int, one: Kept, splits: Mapping[str, Read], reduce: int | None) -> bool:
    """Write a modality of a fold; whether anything in it varies on train."""
    entries, train = one.entries, _entries(splits["train"], one.name)
    steps = Steps(entries.values, weights_of(entries.starts, entries.mask, train))
    reduction = reduction_of(steps, entries.width, reduce)
    np.save(where / f"deviations.{number}.npy", deviations(reduction, steps), allow_pickle=False)
    for split, read in splits.items():
        _write_values(where / split, number, one, reduction, _entries(read, one.name))
    return bool(reduction.scale.any())


def _write_values(where: Path, number: int, one: Kept, reduction: Reduction, rows: NDArray[np.int64]) -> None:
    """``values`` ``(n, T, kept)`` and ``mask`` ``(n, T)``, without T where it is 1; piece by piece."""
    shape = (len(rows), one.steps)
    values = np.lib.format.open_memmap(
        where / f"values.{number}.npy", "w+", np.float32, (*shape, one.kept) if one.steps > 1 else (len(rows), one.kept)
    )
    masks = np.zeros(shape, dtype=bool)
    size = max(1, STEPS_AT_ONCE // one.steps)
    for start in range(0, len(rows), size):
        steps, mask = _steps(one, rows[start : start + size])
        found = np.zeros((*mask.shape, one.kept), dtype=np.float32)
        found[mask] = reduction(one.entries.values[steps[mask]])
        values[start : start + size] = found if one.steps > 1 else found[:, 0]
        masks[start : start + size] = mask
    values.flush()
    np.save(where / f"mask.{number}.npy", masks if one.steps > 1 else masks[:, 0], allow_pickle=False)


def _steps(one: Kept, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Mask]:
    """Where the steps of rows lie among all ``(n, T)``, and which of these places hold one that can be used."""
    lengths = np.where(rows >= 0, one.lengths[rows], 0)
    offsets = np.arange(one.steps)
    inside = offsets < lengths[:, None]
    places = np.where(inside, one.entries.starts[rows][:, None] + offsets, 0)
    return places, inside & one.entries.mask[places] if len(one.entries.mask) else inside


def _entries(read: Read, name: str) -> NDArray[np.int64]:
    found = read.entries.get(name)
    return np.full(len(read.ids), -1, dtype=np.int64) if found is None else found


def _counts(read: Read, kept: Sequence[Kept], gathered: Gathered) -> dict[str, Any]:
    """What is wrong with the rows of a split: per modality rows without it and other defects, and answers that training does not have."""
    found: dict[str, Any] = {}
    for one in kept:
        rows = _entries(read, one.name)
        held = rows[rows >= 0]
        counts = Counter({"missing": len(rows) - int((one.lengths[held] > 0).sum())})
        counts.update({name: int(per_entry[held].sum()) for name, per_entry in one.entries.defects.items()})
        found |= {one.name: {name: count for name, count in counts.items() if count}} if any(counts.values()) else {}
    unknown = int((targets_of(gathered.problem, read.targets) < 0).sum()) if gathered.problem.classes else 0
    return found | ({"unknown answers": unknown} if unknown else {})


def _sentences(folds: Sequence[Mapping[str, Any]]) -> list[str]:
    """The counts in words; of several folds their test rows, which are all rows once."""
    said = []
    for split in ("test",) if len(folds) > 1 else ("train", "valid", "test"):
        rows = sum(fold["rows"][split] for fold in folds)
        total: dict[tuple[str, str], int] = Counter()
        for fold in folds:
            for name, held in fold["counts"][split].items():
                for defect, count in held.items() if isinstance(held, dict) else [("", held)]:
                    total[name, defect] += count
        for (name, defect), count in total.items():
            if defect == "missing":
                said.append(f"{name} is missing in {count} of {rows} {split} rows.")
            elif defect == "steps_not_finite":
                said.append(
                    f"{count} steps of {name} in {split} rows hold numbers that are not finite: they are hidden."
                )
            elif not defect:
                said.append(
                    f"{count} of {rows} {split} answers are none of the training answers: no method can give them."
                )
    return said
