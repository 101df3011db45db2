"""Rows of a pandas frame or a ``datasets`` object as samples; ``datasets`` decodes nothing."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mmbench.errors import UserError
from mmbench.loaders.own.media import cell_part
from mmbench.loaders.own.records import Record, names_media, record_of, roles_of, streamed
from mmbench.loaders.own.splits import WHOLE, split_named
from mmbench.samples import Sample

if TYPE_CHECKING:
    import datasets
    import pandas as pd

Rows = Callable[[], Iterator[tuple[str, Sample]]]
Cells = Callable[[], Iterator[Mapping[str, Any]]]
BATCH = 64


def frame_rows(frame: "pd.DataFrame", given: Mapping[str, str]) -> Rows:
    """A function that makes the samples of a frame: one per row."""
    columns = [str(column) for column in frame.columns]

    def cells() -> Iterator[Mapping[str, Any]]:
        for values in frame.itertuples(index=False, name=None):
            yield dict(zip(columns, values, strict=True))

    return _rows(cells, columns, given, WHOLE)


def datasets_rows(found: "datasets.Dataset | datasets.DatasetDict", given: Mapping[str, str]) -> Rows:
    """A function that makes the samples of a ``Dataset`` or of all splits of a ``DatasetDict``.

    Raises:
        UserError: a streaming set, whose rows cannot be read twice.
    """
    if type(found).__name__.startswith("Iterable"):
        raise UserError("A streaming dataset cannot be indexed: load it without streaming=True.")
    if hasattr(found, "column_names") and isinstance(found.column_names, list):
        name = str(found.split) if found.split is not None else WHOLE
        parts = {name if name.isidentifier() else WHOLE: found}
    else:
        parts = dict(found)
    makers = [
        _rows(partial(_stored, part), list(part.column_names), given, split_named(name, "The dataset"))
        for name, part in parts.items()
    ]

    def rows() -> Iterator[tuple[str, Sample]]:
        for maker in makers:
            yield from maker()

    return rows


def _stored(part: "datasets.Dataset") -> Iterator[Mapping[str, Any]]:
    """Rows as Arrow holds them, so that no picture or sound is decoded; classes by their names."""
    raw = part.with_format("arrow")
    classes = {column: feature.names for column, feature in part.features.items() if hasattr(feature, "int2str")}
    for start in range(0, len(raw), BATCH):
        for row in raw[start : start + BATCH].to_pylist():
            yield row | {column: _class(names, row[column]) for column, names in classes.items()}


def _class(names: list[str], number: int | None) -> str | None:
    """The name of a class; ``None`` for -1, which is how ``datasets`` says that a label is not known."""
    return None if number is None or number < 0 else names[number]


def _rows(cells: Cells, columns: list[str], given: Mapping[str, str], split: str) -> Rows:
    if not names_media(columns, given):
        raise UserError(
            f"The rows have the columns {', '.join(columns)}, and none is known to hold pictures or sounds: "
            "call it 'image' or 'audio', or say columns={'its name': 'image'}."
        )
    roles = roles_of(columns, given)

    def records() -> Iterator[Record]:
        for number, row in enumerate(cells()):
            yield record_of(row, roles, cell_part, f"row {number}")

    return lambda: streamed(records(), split)
