"""A table that names media files: ``metadata.csv``, ``captions.csv``, or any CSV, TSV or JSON lines with a column of file names."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.own.folder import Folder, listed
from mmbench.loaders.own.kinds import kind_of
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.records import Record, assembled, names_media, record_of, roles_of
from mmbench.loaders.own.splits import split_in
from mmbench.loaders.own.tables import SUFFIXES, Line, column_names, read_table
from mmbench.samples import MediaPart, Modality, Sample

USUAL = ("metadata", "captions")


def tables_of(folder: Folder) -> tuple[str, ...]:
    """The folder's tables of usual names, or all of them that name media."""
    found = folder.with_suffix(*SUFFIXES)
    usual = tuple(name for name in found if PurePosixPath(name).stem.lower() in USUAL)
    decides = partial(names_media, given=folder.columns)
    return usual or tuple(name for name in found if decides(column_names(folder.root / name, name, decides)))


def read_tables(folder: Folder, tables: Sequence[str]) -> Iterator[tuple[str, Sample]]:
    """The samples of all tables. ``UserError`` for rows that name absent files: how many, and the first."""
    absent: list[str] = []
    total = 0
    for table in tables:
        lines = read_table(folder.root / table, table, partial(names_media, given=folder.columns))
        total += len(lines)
        records = list(_records(folder, table, lines, absent))
        if not absent:
            split = split_in(PurePosixPath(table).stem) or folder.split
            yield from assembled(records, split, str(folder.root))
    refuse_absent(absent, total, tables)


def refuse_absent(absent: Sequence[str], rows: int, tables: Sequence[str]) -> None:
    """``UserError`` with their number and the first, where rows name files that are not there."""
    if absent:
        raise UserError(
            f"{len(absent)} of the files that {rows} rows of {listed(tables)} name are not in the folder ({listed(absent)}): "
            "put them there, or take the rows out."
        )


def _records(folder: Folder, table: str, lines: list[Line], absent: list[str]) -> Iterator[Record]:
    columns = list(dict.fromkeys(column for line in lines for column in line.cells))
    if lines and not names_media(columns, folder.columns):
        raise UserError(no_file_column(table, columns))
    given = {column: role for column, role in folder.columns.items() if column in columns}
    roles = roles_of(columns, given)
    beside = PurePosixPath(table).parent.as_posix()
    find = partial(find_file, folder, "" if beside == "." else beside, absent)
    for line in lines:
        yield record_of(line.cells, roles, find, line.where)


def no_file_column(table: str, columns: Sequence[str]) -> str:
    """What to say of a table none of whose columns names files."""
    return (
        f"{table} has the columns {listed(columns)}, and none is known to name files: "
        "call it 'file_name', or say columns={'its name': 'file'}."
    )


def find_file(folder: Folder, beside: str, absent: list[str], cell: Any, role: str, where: str) -> MediaPart | None:
    """The file that a cell names; ``None`` where it is empty or names none, which then joins ``absent``."""
    if not isinstance(cell, str):
        raise UserError(f"{where} holds a {type(cell).__name__} where the name of a file should be.")
    value = cell.strip()
    if not value:
        return None
    name = folder.names.find(value, beside, where)
    if name is None:
        absent.append(value)
        return None
    kind = kind_of(name)
    if kind is None:
        raise UserError(
            f"{where} names {value!r}, which is no picture and no sound by its suffix: rename it or take the row out."
        )
    if role != "file" and kind[0] is not Modality(role):
        raise UserError(f"{where} names {value!r} as {role}, but its suffix says {kind[0]}: mend the row.")
    return MediaPart(kind[0], kind[1], "", "", path=str(folder.root / name))


LAYOUT = Layout("a table that names files", rank=30, leads=True, sources=tables_of, read=read_tables)
