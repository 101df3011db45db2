"""Upstream files as rows: the declared columns of Parquet, tar, JSON and CSV files, checked, with media undecoded."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mmbench.errors import UserError
from mmbench.samples import MediaPart, Modality, media_part

Kind: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "label", "image", "audio", "strings", "integers", "images", "audios",
]  # fmt: skip
Format: TypeAlias = Literal["parquet", "tar", "jsonl", "json", "csv"]
Row: TypeAlias = Mapping[str, Any]
BATCH = 64  # rows of a Parquet file in memory at once: pictures are large
MAX_CELL = 1 << 30  # bytes of one value
SUFFIXES: Mapping[str, Format] = {
    ".parquet": "parquet", ".tar": "tar", ".jsonl": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv",
}  # fmt: skip
CONVERT: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "label": int,
    "number": float,
    "boolean": lambda text: text.strip().lower() in {"true", "1"},
}
MODALITIES = {
    "image": Modality.IMAGE,
    "images": Modality.IMAGE,
    "audio": Modality.AUDIO,
    "audios": Modality.AUDIO,
}
MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """What an upstream column holds.

    Attributes:
        kind: ``label`` is a class number; it is read as the class's name where the file itself names its classes.
        values: values that it is known to take; its twin is made of them.
        refers: ``table.column`` whose values it repeats (a foreign key).
        optional: whether a row may have none (it is ``None``, or an empty list, then).
        other_names: names that the column has in some files of the same set, tried in order.
        within: the column of objects that this is a field of: of one object its value, of a list of objects the list of theirs.
    """

    kind: Kind
    values: tuple[Any, ...] = ()
    refers: str = ""
    optional: bool = False
    other_names: tuple[str, ...] = ()
    within: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Files that share their columns.

    ``{split}`` in ``config``, ``split`` and ``files`` stands for the split that is asked for.

    Attributes:
        columns: the columns that are read; others are left alone.
        config: the upstream's configuration; ``None`` where there is one only.
        split: the upstream's name of the split.
        files: glob patterns of the files, where the repository does not lay them out as the hub's loaders expect.
        format: what its twin is written as; a real file is read as what its name says.
    """

    columns: Mapping[str, Column]
    config: str | None = None
    split: str = "{split}"
    files: tuple[str, ...] = ()
    format: Format = "parquet"


def read_rows(files: Sequence[Path], columns: Mapping[str, Column]) -> Iterator[Row]:
    """The rows of some files in order; media as undecoded parts, hashed here.

    Raises:
        UserError: a file without a declared column, a value of another kind, a missing value, a format that is not known.
    """
    for path in files:
        for number, row in enumerate(_reader(path)(path, columns)):
            yield _checked(row, columns, path, number)


def format_of(path: str) -> Format | None:
    """The format that a file's name says, or ``None``."""
    return SUFFIXES.get(Path(path).suffix.lower())


def media_type(data: bytes, modality: Modality) -> str:
    """The type that the first bytes say; the modality's general type where they say nothing known."""
    for magic, name in MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(data[8:12], f"{modality}/unknown")
    return f"{modality}/unknown"


def _reader(path: Path) -> Callable[[Path, Mapping[str, Column]], Iterator[dict[str, Any]]]:
    found = format_of(path.name)
    if found is None:
        raise UserError(f"{path.name} is of no format that can be read here ({', '.join(SUFFIXES)}).")
    return {"parquet": _parquet, "tar": _tar, "jsonl": _jsonl, "json": _json, "csv": _csv}[found]


def _parquet(path: Path, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = _names(path, file.schema_arrow.names, columns)
            classes = _class_names(file.schema_arrow.metadata or {})
            for batch in file.iter_batches(BATCH, columns=sorted(set(names.values()))):
                for row in batch.to_pylist():
                    yield {
                        name: _named(_inside(row[stored], name, columns[name], path), classes.get(stored))
                        for name, stored in names.items()
                    }
    except pa.ArrowException as error:
        raise UserError(f"{path.name} is no whole Parquet file ({str(error).splitlines()[0]}).") from error


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of ``ClassLabel`` columns, which ``datasets`` writes into the file's metadata."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    except ValueError:
        return {}
    return {
        name: facts["names"]
        for name, facts in features.items()
        if isinstance(facts, dict) and facts.get("_type") == "ClassLabel" and isinstance(facts.get("names"), list)
    }


def _named(value: Any, names: list[str] | None) -> Any:
    return names[value] if names is not None and isinstance(value, int) and 0 <= value < len(names) else value


def _tar(path: Path, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """A sample of a webdataset shard; ``__key__`` is its key. Media stay where they are."""
    from mmbench.loaders.tars import tar_samples

    fields = {spelling: name for name, column in columns.items() for spelling in (name, *column.other_names)}
    with path.open("rb") as handle:
        for sample in tar_samples(path):
            row: dict[str, Any] = {"__key__": sample.key}
            for field, member in sample.fields.items():
                if field in fields:
                    if member.length > MAX_CELL:
                        raise UserError(
                            f"{path.name}: {member.key}.{field} has {member.length:,} bytes, above {MAX_CELL:,}."
                        )
                    handle.seek(member.offset)
                    row[fields[field]] = _member(
                        handle.read(member.length), columns[fields[field]], path, member.offset, member.length
                    )
            yield {name: row.get(name) for name in columns}


def _member(data: bytes, column: Column, path: Path, offset: int, length: int) -> Any:
    modality = MODALITIES.get(column.kind)
    if modality is None:
        text = _decoded(data, path)
        return _typed(text, column, path)
    whole = media_part(modality, media_type(data, modality), data)
    return MediaPart(
        modality, whole.media_type, whole.sha256, whole.sha256, path=str(path), offset=offset, length=length
    )


def _typed(text: str, column: Column, path: Path) -> Any:
    try:
        return CONVERT[column.kind](text) if column.kind in CONVERT else text
    except ValueError as error:
        raise UserError(f"{path.name} holds {_shown(text)} where the card expects a {column.kind}.") from error


def _jsonl(path: Path, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    with path.open("rb") as handle:
        for number, line in enumerate(handle):
            if line.strip():
                yield _picked(path, _parsed(line, path, number), columns)


def _json(path: Path, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """A list of objects, or one object of objects, whose names become the column ``__key__``."""
    found = _parsed(path.read_bytes(), path, 0)
    if not isinstance(found, dict | list):
        raise UserError(f"{path.name} holds {type(found).__name__} where rows with named values were expected.")
    named = ((None, row) for row in found) if isinstance(found, list) else found.items()
    for key, row in named:
        yield _picked(path, {"__key__": key, **row} if isinstance(row, dict) and key is not None else row, columns)


def _csv(path: Path, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(_text_lines(handle, path), delimiter="\t" if path.suffix == ".tsv" else ",")
        try:
            names = _names(path, reader.fieldnames or [], columns)
            for row in reader:
                yield {
                    name: None if row[stored] in (None, "") else _typed(row[stored], columns[name], path)
                    for name, stored in names.items()
                }
        except csv.Error as error:  # a cell above csv.field_size_limit, an open quote
            raise UserError(f"{path.name}, line {reader.line_num}: no CSV ({error}).") from error


def _text_lines(handle: Iterable[str], path: Path) -> Iterator[str]:
    try:
        yield from handle
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} holds text that is not UTF-8 (byte {error.start}).") from error


def _parsed(data: bytes, path: Path, number: int) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise UserError(f"{path.name}, row {number}: no JSON ({error}).") from error


def _picked(path: Path, row: Any, columns: Mapping[str, Column]) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise UserError(f"{path.name} holds {type(row).__name__} where rows with named values were expected.")
    names = _names(path, list(row), columns)
    return {name: _inside(row[stored], name, columns[name], path) for name, stored in names.items()}


def _names(path: Path, present: Sequence[str], columns: Mapping[str, Column]) -> dict[str, str]:
    """Per declared column the name that it has in this file; an optional one may be absent."""
    found = {}
    for name, column in columns.items():
        spellings = (column.within,) if column.within else (name, *column.other_names)
        stored = next((one for one in spellings if one in present), None)
        if stored is None and column.optional:
            continue
        if stored is None:
            raise UserError(
                f"{path.name} has no column {name!r} (it has {', '.join(map(str, present))}): the upstream changed its schema; "
                f"pin the revision that the card was written for, or mend the card."
            )
        found[name] = stored
    return found


def _inside(value: Any, name: str, column: Column, path: Path) -> Any:
    """The field of an object, or of every object of a list, where the column is one."""
    if not column.within or value is None:
        return value
    try:
        return [one[name] for one in value] if isinstance(value, list) else value[name]
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{path.name}: {column.within} holds {_shown(value)}, which has no field {name!r}: the upstream changed its schema."
        ) from error


def _checked(row: dict[str, Any], columns: Mapping[str, Column], path: Path, number: int) -> Row:
    """The row with every declared column. A medium that upstream stores with its file's name has it beside it as ``<column>.path``."""
    checked = {
        name: _value(row.get(name), column, f"{path.name}, row {number}, {name}") for name, column in columns.items()
    }
    stored = {f"{name}.path": value.get("path") for name, value in row.items() if isinstance(value, dict)}
    return {**checked, **stored}


def _value(value: Any, column: Column, where: str) -> Any:
    if value is None:
        if column.optional:
            return [] if column.kind.endswith("s") else None
        raise UserError(f"{where}: there is no value, which the card does not expect.")
    if column.kind.endswith("s"):
        if not isinstance(value, list):
            raise UserError(f"{where}: {_shown(value)} where the card expects a list of {column.kind}.")
        return [_single(one, column.kind.removesuffix("s"), where) for one in value]
    return _single(value, column.kind, where)


def _single(value: Any, kind: str, where: str) -> Any:
    if kind in MODALITIES:
        return value if isinstance(value, MediaPart) else _media(value, MODALITIES[kind], where)
    wanted = _TYPES[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean"):
        raise UserError(f"{where}: {_shown(value)} where the card expects a {kind}.")
    return float(value) if kind == "number" else value  # type: ignore[arg-type]


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "label": (int, str),
}  # fmt: skip


def _media(value: Any, modality: Modality, where: str) -> MediaPart:
    """Bytes, or the ``{bytes, path}`` of ``datasets``; nothing is decoded."""
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise UserError(f"{where}: {_shown(value)} where the card expects the bytes of one {modality} file.")
    return media_part(modality, media_type(data, modality), data)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 40 else text[:40] + '…'}"


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} holds text that is not UTF-8 (byte {error.start}).") from error
