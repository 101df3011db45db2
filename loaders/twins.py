"""The twin of a card: a small synthetic copy of its repository in the schema that the card declares. A test of the schema, not data."""

import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.errors import UserError
from mmbench.files import write_bytes
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.folders import cache_folder
from mmbench.loaders.sources.base import Twinned
from mmbench.loaders.sources.hub import README, HubSource
from mmbench.loaders.tables import MODALITIES, Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

ROWS = 8
RATE = 16_000
WORDS = ("harbour", "lantern", "meadow", "copper", "window", "orchard", "signal", "winter")
ARROW = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool", "label": "int64"}


def twin_files(source: HubSource, splits: Sequence[str], *, rows: int = ROWS) -> dict[str, bytes]:
    """The files of a twin repository: equal arguments give equal bytes.

    Args:
        source: a card's source.
        splits: the card's names of its splits.
        rows: per table and split.

    Returns:
        bytes by path; the README declares the configurations, as a repository on the hub does.
    """
    files: dict[str, bytes] = {}
    declared: dict[str, dict[str, list[str]]] = {}
    for split in splits:
        upstream = source.splits.get(split, split)
        for name, table in source.tables.items():
            path = _path(table, upstream)
            content = _table_rows(source.tables, name, rows, f"{source.repo} {path}")
            files[path] = _written(list(content), table)
            if not table.files:
                config = "default" if table.config is None else table.config.format(split=upstream)
                declared.setdefault(config, {}).setdefault(table.split.format(split=upstream), []).append(path)
    return {**files, README: _readme(declared)}


def twin_card(card: DatasetCard, folder: Path | None = None) -> DatasetCard:
    """A card like this one over its twin, which is written below ``folder`` (the cache by default).

    Raises:
        UserError: a card whose source has no declared tables.
    """
    if not isinstance(card.source, Twinned):
        raise UserError(f"{card.key} has no twin: only sets with a declared schema have one.")
    target = (cache_folder() / "twins" / card.key) if folder is None else folder
    source = card.source.twin(list(card.splits), target)
    untested = Unknown(reason="a synthetic twin")
    splits = {
        name: SplitFacts(count=untested, fingerprint=untested, protocol=facts.protocol)
        for name, facts in card.splits.items()
    }
    return card.model_copy(
        update={
            "title": f"{card.title} (synthetic twin)",
            "source": source,
            "splits": splits,
            "redistributable": True,
            "toy": True,
        }
    )


def write_twin(source: HubSource, splits: Sequence[str], folder: Path, *, rows: int = ROWS) -> Path:
    """Write a twin repository below ``folder``, where ``HubSource(mirror=folder)`` reads it; returns the folder."""
    for path, data in twin_files(source, splits, rows=rows).items():
        write_bytes(folder / path, data)
    return folder


def _path(table: Table, upstream: str) -> str:
    if table.files:
        return table.files[0].format(split=upstream).replace("**", "0").replace("*", "00000")
    folder = "data" if table.config is None else table.config.format(split=upstream)
    return f"{folder}/{table.split.format(split=upstream)}-00000-of-00001.{table.format}"


def _readme(declared: Mapping[str, Mapping[str, Sequence[str]]]) -> bytes:
    import yaml

    configs = [
        {
            "config_name": config,
            "data_files": [{"split": split, "path": list(paths)} for split, paths in splits.items()],
        }
        for config, splits in declared.items()
    ]
    head = yaml.safe_dump({"configs": configs}, sort_keys=False) if configs else ""
    return f"---\n{head}---\nA synthetic twin: the schema of a published set, none of its content.\n".encode()


def _table_rows(tables: Mapping[str, Table], name: str, rows: int, salt: str) -> Iterator[dict[str, Any]]:
    """Rows of one table. A column that refers to another repeats that column's values; an optional one is empty in the last row."""
    columns = tables[name].columns
    for number in range(rows):
        yield {
            column: None
            if facts.optional and number == rows - 1
            else _value(tables, facts, column, number, f"{salt} {name} {column}")
            for column, facts in columns.items()
        }


def _value(tables: Mapping[str, Table], column: Column, name: str, number: int, salt: str) -> Any:
    if column.refers:
        table, _, other = column.refers.partition(".")
        return _value(tables, tables[table].columns[other], other, number, salt)
    if column.values:
        return column.values[number % len(column.values)]
    if column.kind.endswith("s"):
        kind = column.kind.removesuffix("s")
        return [_single(kind, name, 3 * number + one, salt) for one in range(3)]
    return _single(column.kind, name, number, salt)


def _single(kind: str, name: str, number: int, salt: str) -> Any:
    if kind in MODALITIES:
        return _picture(number, salt) if MODALITIES[kind] is Modality.IMAGE else _sound(number, salt)
    plain: dict[str, Any] = {
        "string": f"{name}-{number}" if name.endswith("id") else f"{WORDS[number % len(WORDS)]} {name} {number}",
        "integer": number,
        "label": number % 3,
        "number": number / 4,
        "boolean": number % 2 == 0,
    }
    return plain[kind]


def _picture(number: int, salt: str) -> bytes:
    from PIL import Image

    seed = np.frombuffer(f"{salt} {number}".encode(), dtype=np.uint8)
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((32, 24), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def _sound(number: int, salt: str) -> bytes:
    import soundfile

    pitch = 220.0 * 2 ** ((number % 24) / 12) + zlib.crc32(salt.encode()) % 97
    wave = 0.3 * np.sin(2 * np.pi * pitch * np.arange(RATE // 2) / RATE)
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _written(rows: list[dict[str, Any]], table: Table) -> bytes:
    return {"parquet": _parquet, "tar": _tar, "jsonl": _jsonl, "json": _json, "csv": _csv}[table.format](rows, table)


def _parquet(rows: list[dict[str, Any]], table: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    media = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def arrow(kind: str) -> Any:
        if kind.endswith("s"):
            return pa.list_(arrow(kind.removesuffix("s")))
        return media if kind in MODALITIES else pa.type_for_alias(ARROW[kind])

    def stored(value: Any, kind: str) -> Any:
        if isinstance(value, list):
            return [stored(one, kind.removesuffix("s")) for one in value]
        return {"bytes": value, "path": None} if kind in MODALITIES and value is not None else value

    kinds = {name: column.kind for name, column in table.columns.items()}
    labels = {
        name for name, column in table.columns.items() if column.kind == "label" and isinstance(rows[0][name], str)
    }
    types = {name: pa.string() if name in labels else arrow(kind) for name, kind in kinds.items()}
    outer = {name: kind for name, kind in types.items() if not table.columns[name].within}
    for container, names in _containers(table).items():
        several = kinds[names[0]].endswith("s")
        inner = pa.struct([(name, types[name].value_type if several else types[name]) for name in names])
        outer[container] = pa.list_(inner) if several else inner
    schema = pa.schema(list(outer.items()))
    found = _nested([{name: stored(value, kinds[name]) for name, value in row.items()} for row in rows], table)
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(found, schema=schema), buffer)
    return buffer.getvalue()


def _containers(table: Table) -> dict[str, list[str]]:
    """Per column of objects its declared fields: all of them lists (a list of objects), or none (one object)."""
    found: dict[str, list[str]] = {}
    for name, column in table.columns.items():
        if column.within:
            found.setdefault(column.within, []).append(name)
    return found


def _nested(rows: list[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """The rows with the fields of objects inside of them."""
    for row in rows:
        for container, names in _containers(table).items():
            values = [row.pop(name) for name in names]
            if isinstance(values[0], list):
                row[container] = [dict(zip(names, one, strict=True)) for one in zip(*values, strict=True)]
            else:
                row[container] = None if values[0] is None else dict(zip(names, values, strict=True))
    return rows


def _tar(rows: list[dict[str, Any]], _: Table) -> bytes:
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number, row in enumerate(rows):
            for name, value in row.items():
                if name == "__key__" or value is None:
                    continue
                data = value if isinstance(value, bytes) else str(value).encode()
                member = tarfile.TarInfo(f"{number:06d}.{name}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _jsonl(rows: list[dict[str, Any]], table: Table) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _nested(rows, table)).encode()


def _json(rows: list[dict[str, Any]], table: Table) -> bytes:
    rows = _nested(rows, table)
    if "__key__" not in table.columns:
        return json.dumps(rows, ensure_ascii=False).encode()
    return json.dumps({row["__key__"]: {k: v for k, v in row.items() if k != "__key__"} for row in rows}).encode()


def _csv(rows: list[dict[str, Any]], table: Table) -> bytes:
    import csv

    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(table.columns))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()
