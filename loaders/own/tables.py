"""Reading the user's tables: CSV, TSV and JSON lines as rows of cells, where a row that cannot be read is an error with its line."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmbench.errors import UserError
from mmbench.loaders.own.kinds import suffix_of

DELIMITERS = ",;\t|"
SUFFIXES = ("csv", "tsv", "jsonl")
MAX_LINE = 1 << 24  # characters of one line of JSON


class Line(NamedTuple):
    """One row: where it stands, and its cells by column."""

    where: str
    cells: Mapping[str, Any]


def column_names(path: Path, name: str, decides: Callable[[Sequence[str]], bool]) -> list[str]:
    """The columns of a table; of JSON lines those of its first object.

    Args:
        path: the file.
        name: what errors call it.
        decides: says whether columns make sense; it chooses a CSV's delimiter.
    """
    with path.open("rb") as handle:
        head = handle.readline(MAX_LINE)
    first = _decoded(head, name).strip("\r\n")
    if suffix_of(name) != "jsonl":
        return _header(first, _delimiter(first, name, decides))
    try:
        found = json.loads(first)
    except ValueError:
        return []
    return list(found) if isinstance(found, dict) else []


def read_table(path: Path, name: str, decides: Callable[[Sequence[str]], bool]) -> list[Line]:
    """All rows of a table.

    Raises:
        UserError: it is not UTF-8 (names the byte), has no or doubled columns, or rows that cannot be read (how many, the first lines).
    """
    text = _decoded(path.read_bytes(), name)
    if suffix_of(name) == "jsonl":
        return _settled(_json_rows(text, name), name)
    first = text.partition("\n")[0].strip("\r\n")
    delimiter = _delimiter(first, name, decides)
    header = _header(first, delimiter)
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise UserError(f"{name} has two columns named {doubled[0]!r}: rename one.")
    try:
        return _settled(_csv_rows(text, name, delimiter, csv.QUOTE_MINIMAL), name)
    except UserError:
        if suffix_of(name) != "tsv":
            raise
        return _settled(_csv_rows(text, name, delimiter, csv.QUOTE_NONE), name)  # quotes are plain text in many TSVs


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}. Save it as UTF-8 and run again."
        ) from error


def _header(first: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _delimiter(first: str, name: str, decides: Callable[[Sequence[str]], bool]) -> str:
    usual = "\t" if suffix_of(name) == "tsv" else ","
    return next((mark for mark in (usual, *DELIMITERS) if decides(_header(first, mark))), usual)


def _settled(rows: Iterator[Line | str], name: str) -> list[Line]:
    good: list[Line] = []
    bad: list[str] = []
    for row in rows:
        (bad if isinstance(row, str) else good).append(row)  # type: ignore[arg-type]
    if bad:
        total = len(good) + len(bad)
        raise UserError(f"{len(bad)} of {total} rows of {name} cannot be read ({'; '.join(bad[:3])}): mend them.")
    return good


def _csv_rows(text: str, name: str, delimiter: str, quoting: int) -> Iterator[Line | str]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {line}: {error}"
            return  # where the next row begins is not known
        if header is None:
            header = [cell.strip() for cell in cells]
        elif len(cells) == len(header):
            yield Line(f"{name} line {line}", dict(zip(header, cells, strict=True)))
        elif cells:
            yield f"line {line}: {len(cells)} cells under {len(header)} columns"


def _json_rows(text: str, name: str) -> Iterator[Line | str]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE:
            yield f"line {number}: longer than {MAX_LINE:,} characters"
            continue
        try:
            found = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            yield f"line {number}: {error}"
            continue
        yield Line(f"{name} line {number}", found) if isinstance(found, dict) else f"line {number}: not a JSON object"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
