"""Reading strangers' files within bounds: JSON, JSON lines, zip members and tables, none of them above a size."""

import json
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_DOCUMENT = 1 << 30
MAX_LINE = 1 << 26
MAX_SHEET = 1 << 30  # of a workbook, unpacked
ZSTANDARD = 93  # the number of the method in zip files
LOCAL_HEADER = 30  # bytes before a member's name


class LogError(Exception):
    """A file of a log cannot be used; the others can."""


def document(path: Path) -> Any:
    """One JSON document. ``LogError`` where it is too large or is not JSON."""
    if path.stat().st_size > MAX_DOCUMENT:
        raise LogError(f"above {MAX_DOCUMENT:,} bytes")
    return parsed(path.read_bytes())


def parsed(data: bytes | str) -> Any:
    """JSON from bytes. ``LogError`` where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LogError(f"not JSON ({error})") from error


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON objects, one per line. ``LogError`` names a line that is none."""
    with path.open("rb") as handle:
        number = 0
        while line := handle.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise LogError(f"line {number} is above {MAX_LINE:,} bytes")
            if not line.strip():
                continue
            found = parsed(line)
            if not isinstance(found, dict):
                raise LogError(f"line {number} is no JSON object")
            yield found


def member(archive: zipfile.ZipFile, name: str) -> Any:
    """A JSON document in a zip file. ``LogError`` where it is too large, is not JSON, or is packed in a way that Python cannot read."""
    info = archive.getinfo(name)
    if info.file_size > MAX_DOCUMENT:
        raise LogError(f"{name} is above {MAX_DOCUMENT:,} bytes")
    try:
        data = _unpacked(archive, info) if info.compress_type == ZSTANDARD else archive.read(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, struct.error) as error:
        raise LogError(f"{name} cannot be unpacked ({error})") from error
    return parsed(data)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member packed by Zstandard, which ``zipfile`` reads from Python 3.14 on only. No more is unpacked than the directory says."""
    import pyarrow as pa

    if archive.filename is None or info.compress_size > MAX_DOCUMENT:
        raise zipfile.BadZipFile("the packed size is out of bounds")
    with Path(archive.filename).open("rb") as handle:
        handle.seek(info.header_offset)
        name, extra = struct.unpack("<26xHH", handle.read(LOCAL_HEADER))
        handle.seek(name + extra, 1)
        packed = handle.read(info.compress_size)
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        data: bytes = stream.read(info.file_size + 1)
    if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        raise zipfile.BadZipFile("its size or checksum is not the one in the directory")
    return data


def table(path: Path) -> "pd.DataFrame":
    """A table from ``.tsv``, ``.csv``, ``.json`` or ``.xlsx``. ``LogError`` where it cannot be read."""
    import pandas as pd

    try:
        if path.suffix == ".xlsx":
            _small(path)
            return pd.read_excel(path)
        if path.stat().st_size > MAX_DOCUMENT:
            raise LogError(f"above {MAX_DOCUMENT:,} bytes")
        if path.suffix == ".json":
            return pd.DataFrame(document(path))
        return pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",")
    except ImportError as error:
        raise LogError("Excel sheets need openpyxl: run pip install 'mmbench[excel]'") from error
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, pd.errors.ParserError) as error:
        raise LogError(f"not a readable table ({error})") from error


def number(value: Any) -> float | None:
    """A finite number from what a log has (also ``True``, ``"0.5"``); ``None`` for anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def plain_name(text: Any) -> str:
    """A model's name without the folders of somebody's machine: ``org/name`` stays, ``/home/me/name`` becomes ``name``."""
    name = str(text).strip().rstrip("/\\")
    local = name.startswith(("/", "~", "./", "../")) or "\\" in name or name.count("/") > 1
    return name.replace("\\", "/").rpartition("/")[2] if local else name


def _small(path: Path) -> None:
    """A workbook is a zip file: what it unpacks to is bounded before anything of it is read."""
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > MAX_SHEET:
        raise LogError(f"unpacks to {size:,} bytes, above {MAX_SHEET:,}")
