"""Rows of a file of predictions: JSONL, CSV, TSV or Parquet to one mapping per row, each with a place that an error can name."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mmbench.errors import UserError

Row = Mapping[str, Any]
LONGEST_CELL = 1 << 24  # characters of one CSV cell: an answer, never a whole file without a quotation mark


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row with its place (``line 3``). Empty lines of JSONL are passed over.

    Raises:
        UserError: there is no such file, an ending that no reader knows, or content that is not what the ending says.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"{path} has an ending that says nothing: predictions are {', '.join(READERS)}; embeddings .safetensors, .npy, .npz."
        )
    yield from reader(path)


def _jsonl(path: Path) -> Iterator[tuple[str, Row]]:
    try:
        with path.open(encoding="utf-8-sig") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield f"line {number}", _object(path, number, line)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason}): write one JSON object per line.") from error


def _object(path: Path, number: int, line: str) -> Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} line {number} is not JSON ({error}): write one object per line with the keys id and prediction."
        ) from error
    if not isinstance(found, dict):
        raise UserError(f"{path} line {number} is no JSON object: it needs the keys id and prediction.")
    return found


def _separated(delimiter: str) -> Callable[[Path], Iterator[tuple[str, Row]]]:
    def read(path: Path) -> Iterator[tuple[str, Row]]:
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            with path.open(encoding="utf-8-sig", newline="") as handle:
                reader = csv.DictReader(handle, delimiter=delimiter, strict=True)
                for row in reader:
                    if None in row or None in row.values():
                        raise UserError(
                            f"{path} line {reader.line_num} has another number of cells than the head: quote cells that hold {delimiter!r}."
                        )
                    yield f"line {reader.line_num}", row
        except UnicodeDecodeError as error:
            raise UserError(f"{path} is not UTF-8 text ({error.reason}): save it as UTF-8.") from error
        except csv.Error as error:
            raise UserError(
                f"{path} is not a table that can be read ({error}): quote cells that hold quotation marks."
            ) from error
        finally:
            csv.field_size_limit(limit)

    return read


def _parquet(path: Path) -> Iterator[tuple[str, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=4096):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not readable Parquet ({str(error).splitlines()[0]}).") from error


READERS: Mapping[str, Callable[[Path], Iterator[tuple[str, Row]]]] = {
    ".jsonl": _jsonl,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".parquet": _parquet,
}
