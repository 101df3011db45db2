"""Rows on disk: opened without reading a sample, identified by whatever moves a number, made again where they are damaged."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.fusion.data import reading
from mmbench.fusion.data.reading import FusionData, open_data
from tests.fusion.small_tasks import (
    BOTH,
    Counting,
    classes,
    encoder,
    rows,
    values,
    worded,
)


def test_complete_rows_are_opened_without_reading_a_sample(
    read: Callable[..., FusionData], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = rows()
    first = read(given)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(reading, "folds_of", never)
    again = read(given)
    assert (again.folder, again.facts) == (first.folder, first.facts)
    assert again.task is not None
    travelled = pickle.loads(pickle.dumps(again))  # noqa: S301  (our own)
    assert (travelled.folder, travelled.task, travelled.names) == (first.folder, None, first.names)
    np.testing.assert_array_equal(
        values(travelled.block("all", "valid"), "b"), values(first.block("all", "valid"), "b")
    )
    assert not values(travelled.block("all", "valid"), "b").flags.writeable


def test_whatever_moves_a_number_makes_other_rows(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: [f"word {i}"])
    model = encoder(Counting())
    ways: list[dict[str, Any]] = [{}, {"reduce": 2}, {"max_steps": 9}, {"limit": 4}, {"batch_size": 3}]
    ways = [{"encoders": {"text": model}, **way} for way in ways]
    ways += [
        {"encoders": {"text": encoder(Counting(), "2")}},
        {"encoders": {"text": model}, "task": classes(BOTH, version=2)},
    ]
    folders = [read(given, **{"task": classes(BOTH), **way}).folder for way in ways]
    assert len(set(folders)) == len(ways)
    given["train"][0] = replace(given["train"][0], target="up")
    assert read(given, classes(BOTH), encoders={"text": model}).folder not in folders


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def _flip(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[-1] ^= 1
    path.write_bytes(held)


@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("facts.json", Path.unlink, "facts.json cannot be read"),
        ("facts.json", _cut, "facts.json is damaged"),
        ("0/test/values.1.npy", Path.unlink, "values.1.npy cannot be read"),
        ("0/train/rows.json", _cut, "0/train/rows.json is not what was written"),
        ("0/train/values.0.npy", _flip, "0/train/values.0.npy is not what was written"),
    ],
)
def test_damaged_rows_are_said_and_read_again(
    read: Callable[..., FusionData], name: str, harm: Callable[[Path], None], said: str
) -> None:
    given = rows()
    first = read(given)
    wanted = np.array(values(first.block("all", "train"), "a"))
    harm(first.folder / name)
    if harm is not _flip:  # opening by path compares sizes alone: it is done in every process
        with pytest.raises(
            UserError, match=f"does not hold complete rows for fusion methods .*{said}.*make them again"
        ):
            open_data(first.folder)
    with pytest.warns(RuntimeWarning, match=f"is damaged .*{said}.*read again"):
        again = read(given)
    assert again.folder == first.folder
    np.testing.assert_array_equal(values(again.block("all", "train"), "a"), wanted)
    assert [one.name for one in again.folder.parent.iterdir()] == [again.folder.name]


def test_rows_of_another_schema_are_made_again(read: Callable[..., FusionData]) -> None:
    path = read(rows()).folder / "facts.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    with pytest.raises(UserError, match="its schema is 99"):
        open_data(path.parent)


def test_an_unknown_fold_is_named(read: Callable[..., FusionData]) -> None:
    with pytest.raises(UserError, match="no fold 'fold7': choose of all"):
        read(rows()).block("fold7", "train")
