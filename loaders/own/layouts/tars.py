"""Webdataset shards of any origin: the files of one key are one sample."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.own.folder import Folder
from mmbench.loaders.own.kinds import kind_of
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.records import Record, record_of, roles_of
from mmbench.loaders.own.splits import split_in
from mmbench.loaders.tars import Member, TarSample, member_bytes, tars_samples
from mmbench.samples import MediaPart, Sample, TextPart

TEXTS = ("txt", "text", "caption", "transcript")


def shards_of(folder: Folder) -> tuple[str, ...]:
    """The folder's tars."""
    return folder.with_suffix("tar")


def read_shards(folder: Folder, shards: Sequence[str]) -> Iterator[tuple[str, Sample]]:
    """The samples of all shards, in order; media stay where they are."""
    names = {folder.root / name: name for name in shards}
    for path, found in tars_samples(list(names)):
        stem = PurePosixPath(names[path]).stem
        texts = {field: _text(path, member) for field, member in found.fields.items() if _is_text(field)}
        meta = _object(path, found, texts.pop("json")) if "json" in texts else {}
        record = _record(path, found, texts, meta)
        yield record.split or split_in(stem) or folder.split, _plain(found.key, record)


def _record(path: Path, found: TarSample, texts: Mapping[str, str], meta: Mapping[str, Any]) -> Record:
    label = texts.get("cls")
    cells = {**meta, **({} if label is None else {"label": label.strip()})}
    roles = {
        column: role for column, role in roles_of(list(cells), {}).items() if role not in ("file", "image", "audio")
    }
    record = record_of(cells, roles, _no_media, f"{path.name} {found.key}")
    lines = [line.strip() for field, text in texts.items() if field != "cls" for line in text.splitlines()]
    words = [part for part in record.content if isinstance(part, TextPart) and part.text not in lines]
    unread = sorted(field for field in found.fields if not _is_text(field) and kind_of(f"x.{field}") is None)
    return Record(
        record.where,
        (*_media(path, found), *(TextPart(line) for line in lines if line), *words),
        record.id,
        record.split,
        record.options,
        record.target,
        record.group,
        {**record.meta, **({"unread_fields": unread} if unread else {})},
    )


def _no_media(cell: Any, role: str, where: str) -> None:
    """What a .json beside media calls them is no other file."""


def _plain(key: str, record: Record) -> Sample:
    return Sample(record.id or key, record.content, record.options, record.target, record.group, record.meta)


def _media(path: Path, found: TarSample) -> list[MediaPart]:
    parts = []
    for field, member in sorted(found.fields.items(), key=lambda pair: _order(pair[0])):
        kind = kind_of(f"x.{field}")
        if kind is not None:
            parts.append(MediaPart(*kind, "", "", path=str(path), offset=member.offset, length=member.length))
    return parts


def _order(field: str) -> tuple[int, str]:
    head = field.partition(".")[0]
    return (int(head) if head.isdecimal() else 0, field)


def _is_text(field: str) -> bool:
    return field.rpartition(".")[2] in (*TEXTS, "json", "cls")


def _text(path: Path, member: Member) -> str:
    try:
        return member_bytes(path, member, limit=1 << 24).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: {member.key}.{member.field} is not UTF-8 (byte {error.start}): write it as UTF-8."
        ) from error


def _object(path: Path, found: TarSample, text: str) -> Mapping[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: {found.key}.json is not JSON ({error}): write it again.") from error
    return row if isinstance(row, dict) else {"value": row}


LAYOUT = Layout("webdataset shards", rank=10, leads=True, sources=shards_of, read=read_shards)
