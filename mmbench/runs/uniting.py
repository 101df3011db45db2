"""Two stores of one run become one: every part and answer of the other is checked, copied, and refused where the two differ."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.files import atomic_path, canonical_json, file_sha256
from mmbench.runs.parts import Part
from mmbench.runs.store import Store

WRITER = "merged"


def unite(source: Path, target: Path) -> int:
    """Bring what a store holds into another; returns how many files and answers were new there. Doing it again changes nothing.

    Args:
        source: the folder ``outputs/`` of a run.
        target: that of the same run elsewhere; made where there is none.

    Raises:
        UserError: a file of ``source`` is damaged, or the two stores hold different values for the same items.
    """
    store = Store(target, WRITER)
    store.open_for_writing()
    new = 0
    known = {canonical_json(entry) for entry in store.journalled()}
    for entry in Store(source).journalled():
        if entry["event"] == "responses" or "file" not in entry or not (source / entry["file"]).exists():
            continue  # answers come one by one below; parts that were joined into a block are in the block
        _check(entry, source, target)
        if not (target / entry["file"]).exists():
            with atomic_path(target / entry["file"]) as temporary:
                shutil.copyfile(source / entry["file"], temporary)
        if canonical_json(entry) not in known:
            store.journal(entry)
            new += 1
    new += sum(_answers_added(stage, Store(source), store) for stage in _stages_of_answers(source))
    for stage in sorted({path.parent.name for path in source.glob("*/*.safetensors")}):
        _check_overlaps(store, stage, source)
    return new


def _check(entry: Mapping[str, Any], source: Path, target: Path) -> None:
    """A file of the source is what its journal says, and the target has no other of that name."""
    theirs, ours = source / entry["file"], target / entry["file"]
    if not ours.resolve().is_relative_to(target.resolve()):
        raise UserError(f"{source} names a file outside itself ({entry['file']}): it is no store of a run.")
    found = file_sha256(theirs)
    if found != entry["sha256"] and found not in _hashes(entry["file"], Store(source)):
        raise UserError(
            f"{theirs} is damaged (its sha256 is not the journalled one): delete it and merge again, then run what is missing."
        )
    if ours.exists() and file_sha256(ours) != found:
        raise _conflict(theirs, ours)


def _hashes(file: str, store: Store) -> set[str]:
    """What was journalled of a file that was made more than once."""
    return {entry["sha256"] for entry in store.journalled() if entry.get("file") == file}


def _conflict(theirs: Path, ours: Path) -> UserError:
    what = "what the model fitted" if theirs.name.startswith("fit-") else "the same items"
    how = (
        "copy the run's folder to the other machines after the first has fitted, so that all ask one fitted model"
        if theirs.name.startswith("fit-")
        else "leave one of the folders out, or delete one of the two files to have the other taken"
    )
    return UserError(f"{theirs} and {ours} differ in {what}: they are not of one run. To go on, {how}.")


def _stages_of_answers(source: Path) -> list[str]:
    found = {
        path.parent.name for pattern in ("*/responses*.jsonl", "*/responses*.parquet") for path in source.glob(pattern)
    }
    return sorted(found)


def _answers_added(stage: str, source: Store, target: Store) -> int:
    known = {one.sample_id: one for one in target.responses(stage)}
    new = []
    for one in source.responses(stage):
        ours = known.get(one.sample_id)
        if ours is None or (ours.error is not None and one.error is None):
            new.append(one)
        elif ours.error is None and one.error is None and ours.text != one.text:
            raise UserError(
                f"{source.folder / stage} and {target.folder / stage} answer {one.sample_id!r} differently: they are not of one run. "
                "Leave one of the folders out."
            )
    if new:
        target.add_responses(stage, new, {})
    return len(new)


def _check_overlaps(store: Store, stage: str, source: Path) -> None:
    """Parts that hold the same items, cut in another way, hold the same bytes."""
    parts = sorted(store.parts(stage), key=lambda part: (part.start, part.stop))
    for left, right in _overlapping(parts):
        start, stop = max(left.start, right.start), min(left.stop, right.stop)
        cut = [store.load(part)[0][start - part.start : stop - part.start] for part in (left, right)]
        if not _same(cut[0], cut[1]):
            raise UserError(
                f"{store.folder / left.file} and {store.folder / right.file} differ in items {start} to {stop - 1}: what {source} "
                "brought is not of one run with the rest. Delete one of the two files to have the other taken, and merge again."
            )


def _overlapping(parts: list[Part]) -> Iterator[tuple[Part, Part]]:
    widest: Part | None = None
    for part in parts:
        if widest is not None and part.start < widest.stop:
            yield widest, part
        if widest is None or part.stop > widest.stop:
            widest = part


def _same(left: NDArray[Any], right: NDArray[Any]) -> bool:
    """A batch in which all failed has one column of NaN, however wide the others are."""
    failed = np.isnan(left).all() and np.isnan(right).all()
    return bool(failed) or np.array_equal(left, right, equal_nan=True)
