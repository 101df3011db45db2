"""Parquet files: those that mmbench wrote come back exactly; others are tables whose cells hold media or name files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mmbench.errors import UserError
from mmbench.loaders.own.folder import Folder
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.layouts.tables import find_file, no_file_column, refuse_absent
from mmbench.loaders.own.media import cell_part
from mmbench.loaders.own.records import MEDIA, Record, assembled, names_media, record_of, roles_of, streamed
from mmbench.loaders.own.splits import split_in, without_number
from mmbench.loaders.own.survey import Survey
from mmbench.samples import MediaPart, Modality, Sample

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH = 64


def files_of(folder: Folder) -> tuple[str, ...]:
    """The folder's Parquet files."""
    return folder.with_suffix("parquet")


def read_files(folder: Folder, files: Sequence[str]) -> Iterator[tuple[str, Sample]]:
    """The samples of all files, in order."""
    passed = 0
    for name in files:
        with _opened(folder, name) as table:
            if _is_exported(table):
                yield from ((without_number(_stem(name)), sample) for sample in _exported(table, name))
                continue
            absent: list[str] = []
            records = _records(folder, name, table, absent)
            split = split_in(_stem(name)) or folder.split
            if _named(table, folder.columns):
                held = list(records)
                refuse_absent(absent, len(held), [name])
                yield from assembled(held, split, str(folder.root))
            else:
                yield from streamed(records, split, start=passed)
            passed += table.metadata.num_rows


def survey_files(folder: Folder, files: Sequence[str]) -> Survey:
    """What the files hold, by their schemas and counts; the bytes of media are not read."""
    found = Survey()
    for name in files:
        with _opened(folder, name) as table:
            if _is_exported(table):
                found.add(_survey_exported(table, without_number(_stem(name))))
            elif _named(table, folder.columns) or "split" in _roles(table, name, folder.columns).values():
                for _ in found.watch(read_files(folder, [name])):
                    pass
            else:
                roles = set(_roles(table, name, folder.columns).values())
                found.counts[split_in(_stem(name)) or folder.split] += table.metadata.num_rows
                found.modalities |= {Modality(role) for role in roles & {"image", "audio"}}
                found.modalities |= {Modality.TEXT} if roles & {"text", "question"} else set()
                if "file" in roles:
                    found.modalities |= _first_modalities(folder, name)
    return found


def _first_modalities(folder: Folder, name: str) -> set[Modality]:
    with _opened(folder, name) as table:
        first = next(_records(folder, name, table, []), None)
    return set() if first is None else {part.modality for part in first.content}


def _survey_exported(table: "pq.ParquetFile", split: str) -> Survey:
    found = Survey()
    found.counts[split] = table.metadata.num_rows
    columns = ["content.list.element.modality", "content.list.element.language"]
    for batch in table.iter_batches(batch_size=4096, columns=columns):
        parts = batch.column("content").flatten()
        found.modalities |= {Modality(value) for value in parts.field("modality").unique().to_pylist()}
        found.languages |= set(parts.field("language").unique().to_pylist()) - {None}
    return found


def _exported(table: "pq.ParquetFile", name: str) -> Iterator[Sample]:
    import hashlib

    from mmbench.loaders.rows import from_row

    for batch in table.iter_batches(batch_size=BATCH):
        for row in batch.to_pylist():
            try:
                sample = from_row(row, {})
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"{name} is damaged at the sample {row.get('id')!r} ({error}): export it again."
                ) from error
            for part in sample.content:
                if isinstance(part, MediaPart) and hashlib.sha256(part.data or b"").hexdigest() != part.sha256:
                    raise UserError(
                        f"{name} is damaged: the {part.modality} of {sample.id!r} is not what was written; export it again."
                    )
            yield sample


def _records(folder: Folder, name: str, table: "pq.ParquetFile", absent: list[str]) -> Iterator[Record]:
    roles = _roles(table, name, folder.columns)
    beside = PurePosixPath(name).parent.as_posix()
    find = partial(_cell, folder, "" if beside == "." else beside, absent)
    number = 0
    for batch in table.iter_batches(batch_size=BATCH):
        for row in batch.to_pylist():
            number += 1
            yield record_of(row, roles, find, f"{name} row {number}")


def _cell(folder: Folder, beside: str, absent: list[str], cell: Any, role: str, where: str) -> MediaPart | None:
    if isinstance(cell, Mapping) and cell.get("bytes") is None:
        cell = cell.get("path")
    if isinstance(cell, str):
        return find_file(folder, beside, absent, cell, role, where)
    return cell_part(cell, role, where)


def _roles(table: "pq.ParquetFile", name: str, given: Mapping[str, str]) -> dict[str, str]:
    columns = list(table.schema_arrow.names)
    if not names_media(columns, given):
        raise UserError(no_file_column(name, columns))
    return roles_of(columns, {column: role for column, role in given.items() if column in columns})


def _named(table: "pq.ParquetFile", given: Mapping[str, str]) -> bool:
    """Whether all media of a table are named, not held."""
    import pyarrow as pa

    schema = table.schema_arrow
    roles = roles_of(list(schema.names), {column: role for column, role in given.items() if column in schema.names})
    types = [schema.field(column).type for column, role in roles.items() if role in MEDIA]
    return all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in types)


def _is_exported(table: "pq.ParquetFile") -> bool:
    from mmbench.loaders.rows import SCHEMA

    return list(table.schema_arrow.names) == list(SCHEMA.names)


def _opened(folder: Folder, name: str) -> "pq.ParquetFile":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(Path(folder.root / name))
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{name} cannot be read as Parquet ({str(error).splitlines()[0]}): write it again.") from error


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


LAYOUT = Layout("Parquet files", rank=20, leads=True, sources=files_of, read=read_files, survey=survey_files)
