"""Reading strangers' tar shards strictly and without unpacking: what a plain reader would lose silently is an error here."""

import hashlib
import os
import re
import tarfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mmbench.errors import UserError

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20
MAX_EXTENSION = 1 << 20  # bytes of a long name or of PAX records: a path is never longer
MAX_READ = 64 << 20  # bytes of a member that is read whole
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)
EXTENSIONS = (*PAX, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
PAX_RECORD = re.compile(rb"(\d{1,9}) ")
SORTED = "pack it again with the files of a sample side by side (`tar --sort=name`)"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a sample: ``length`` bytes from ``offset`` on, in the tar itself."""

    key: str
    field: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class TarSample:
    """The files whose names are equal up to the first dot of the base name, by the rest of the name in lower case."""

    key: str
    fields: Mapping[str, Member]


def tar_samples(
    path: Path,
    *,
    fields: Collection[str] | None = None,
    required: Collection[str] = (),
    seen: dict[str, Path] | None = None,
) -> Iterator[TarSample]:
    """The samples of one tar, in order. Only headers are read; memory grows with the number of keys, not with the bytes.

    Args:
        path: an uncompressed tar (USTAR, GNU or PAX).
        fields: the fields that a sample may have (``jpg``, ``seg.png``). ``None`` takes any; then a dot inside a name cannot be told
            from the start of the field, so name them wherever they are known.
        required: the fields that every sample must have.
        seen: the keys of earlier shards and where they are; this shard's keys are added.

    Raises:
        UserError: a tar that is cut, damaged or compressed; members that are no plain files inside the tar; names without a key or a
            field, or with one that was not declared; a key that comes back; a field that is there twice or is missing.
    """
    known = {} if seen is None else seen
    open_fields: dict[str, Member] = {}
    current: str | None = None
    for member in _members(path, fields):
        if member.key != current:
            if current is not None:
                yield _sample(path, current, open_fields, required)
            _claim(path, member, known)
            current, open_fields = member.key, {}
        if member.field in open_fields:
            raise UserError(
                f"{path}: sample {member.key!r} has the field {member.field!r} twice, and one would replace the other: "
                f"rename one of the two files, or declare the fields if the name has a dot in it."
            )
        open_fields[member.field] = member
    if current is not None:
        yield _sample(path, current, open_fields, required)


def tars_samples(
    paths: Sequence[Path], *, fields: Collection[str] | None = None, required: Collection[str] = ()
) -> Iterator[tuple[Path, TarSample]]:
    """The samples of several shards, in order, with the shard of each; keys are unique over all of them.

    Args:
        paths: the shards.
        fields: see ``tar_samples``.
        required: see ``tar_samples``.

    Raises:
        UserError: see ``tar_samples``; also a key that is in two shards.
    """
    seen: dict[str, Path] = {}
    for path in paths:
        for sample in tar_samples(path, fields=fields, required=required, seen=seen):
            yield path, sample


def member_bytes(path: Path, member: Member, *, limit: int = MAX_READ) -> bytes:
    """The bytes of a member.

    Raises:
        UserError: it is longer than ``limit`` bytes, or the tar changed since its headers were read.
    """
    if member.length > limit:
        raise UserError(
            f"{path}: {member.key}.{member.field} has {member.length:,} bytes where at most {limit:,} are read at once: "
            f"check that the shard is what it should be."
        )
    with _opened(path) as handle:
        handle.seek(member.offset)
        data = handle.read(member.length)
    if len(data) != member.length:
        raise _changed(path, member)
    return data


def member_sha256(path: Path, member: Member) -> str:
    """The sha256 (64 hex digits) of a member's bytes, read in constant memory. ``UserError`` where the tar became shorter."""
    found = hashlib.sha256()
    left = member.length
    with _opened(path) as handle:
        handle.seek(member.offset)
        while left:
            chunk = handle.read(min(left, CHUNK))
            if not chunk:
                raise _changed(path, member)
            found.update(chunk)
            left -= len(chunk)
    return found.hexdigest()


def _claim(path: Path, member: Member, known: dict[str, Path]) -> None:
    earlier = known.get(member.key)
    if earlier == path:
        raise UserError(
            f"{path}: the key {member.key!r} comes back after other keys (at {member.field!r}), so one sample would be read as two: "
            f"{SORTED}, each key once."
        )
    if earlier is not None:
        raise UserError(
            f"{path}: the key {member.key!r} is in {earlier} too, and a key names one sample over all shards: "
            f"rename one of the two or leave it out."
        )
    known[member.key] = path


def _sample(path: Path, key: str, fields: Mapping[str, Member], required: Collection[str]) -> TarSample:
    missing = sorted(set(required) - set(fields))
    if missing:
        raise UserError(
            f"{path}: sample {key!r} has no {', '.join(missing)} (it has {', '.join(fields)}): "
            f"the shard is incomplete or is not packed sample by sample; fetch it again, or {SORTED}."
        )
    return TarSample(key, fields)


def _members(path: Path, fields: Collection[str] | None) -> Iterator[Member]:
    allowed = None if fields is None else {field.lower() for field in fields}
    with _opened(path) as handle:
        for name, info, offset in _headers(path, handle):
            if info.isdir():
                continue
            _refuse_special(path, name, info)
            key, field = _split(path, name)
            if allowed is not None and field not in allowed:
                raise UserError(
                    f"{path}: {name!r} has the field {field!r} after the first dot of its name, which is not one of "
                    f"{', '.join(sorted(allowed))}: declare that field, or rename the file if the dot belongs to its name."
                )
            yield Member(key, field, offset, info.size)


def _split(path: Path, name: str) -> tuple[str, str]:
    """Key and field of a name. Names are not used as paths here, but one that leads out of a folder is never an accident."""
    steps = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in steps or re.match("[A-Za-z]:", name) or "\0" in name:
        raise UserError(
            f"{path}: the member {name!r} leads out of the folder that it would be unpacked in: do not trust this shard."
        )
    folders, base = [step for step in name.split("/") if step not in ("", ".")], ""
    if folders:
        base = folders.pop()
    stem, _, field = base.partition(".")
    if not stem or not field:
        raise UserError(
            f"{path}: the member {name!r} has no {'name before its first dot' if not stem else 'extension'}, so it belongs to no "
            f"sample: pack the shard without it, or rename it to <key>.<field>."
        )
    return "/".join([*folders, stem]), field.lower()


def _refuse_special(path: Path, name: str, info: tarfile.TarInfo) -> None:
    if info.type not in tarfile.REGULAR_TYPES or info.type == tarfile.GNUTYPE_SPARSE:
        kinds = {
            tarfile.SYMTYPE: "a symbolic link",
            tarfile.LNKTYPE: "a hard link",
            tarfile.CHRTYPE: "a device",
            tarfile.BLKTYPE: "a device",
            tarfile.FIFOTYPE: "a pipe",
            tarfile.GNUTYPE_SPARSE: "a sparse file",
        }
        kind = kinds.get(info.type, f"of the unknown type {info.type!r}")
        raise UserError(
            f"{path}: the member {name!r} is {kind}, not a plain file: pack the shard again with the files themselves "
            f"(`tar --dereference --hard-dereference`)."
        )


def _headers(path: Path, handle: BinaryIO) -> Iterator[tuple[str, tarfile.TarInfo, int]]:
    """Name, header and data offset of every member.

    ``tarfile.TarFile`` is not used for the walk: it takes a cut file, a damaged header and a second tar behind the first for the end.
    """
    size = os.fstat(handle.fileno()).st_size
    shared: dict[str, str] = {}  # PAX records for all members that follow
    own: dict[str, str] = {}  # and for the next member only
    position = 0
    while (info := _header(path, handle, position)) is not None:
        start = position + BLOCK
        if info.type in EXTENSIONS:
            found = _extension(path, handle, info, start)
            (shared if info.type == tarfile.XGLTYPE else own).update(found)
        else:
            name = _described(path, info, shared | own, start)
            if start + info.size > size:
                raise UserError(
                    f"{path} is cut: its member {name!r} should have {info.size:,} bytes and the file ends after "
                    f"{max(size - start, 0):,} of them; fetch or write it again."
                )
            yield name, info, start
            own = {}
        position = start + (0 if info.isdir() else -(-info.size // BLOCK) * BLOCK)
    if own:
        raise UserError(f"{path} is cut: it ends after the long name of a member that is not there; fetch it again.")
    _check_end(path, handle, position)


def _header(path: Path, handle: BinaryIO, position: int) -> tarfile.TarInfo | None:
    """The header block at ``position``, or ``None`` for a block of zeros."""
    handle.seek(position)
    block = handle.read(BLOCK)
    if position == 0:
        _refuse_compressed(path, block)
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # not in the type stubs
        return None
    except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
        raise _cut(path, position) from error
    except tarfile.HeaderError as error:
        what = "is no tar" if position == 0 else f"is damaged at byte {position:,}"
        raise UserError(f"{path} {what} ({error}): fetch or write it again.") from error
    if info.size < 0:
        raise UserError(f"{path} is damaged at byte {position:,} (a negative size): fetch or write it again.")
    return info


def _described(path: Path, info: tarfile.TarInfo, records: Mapping[str, str], start: int) -> str:
    """The name of a member; the size is set where PAX records say it."""
    name = records.get("path", info.name)
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise UserError(
                f"{path}: the name of the member {name!r} is not UTF-8: rename the file and pack again."
            ) from error
    if "size" in records:
        if not records["size"].isdecimal():
            raise UserError(f"{path} is damaged before byte {start:,} (the size {records['size']!r}): fetch it again.")
        info.size = int(records["size"])
    if any(key.startswith("GNU.sparse") for key in records):
        info.type = tarfile.GNUTYPE_SPARSE
    return name


def _extension(path: Path, handle: BinaryIO, info: tarfile.TarInfo, start: int) -> dict[str, str]:
    """What a long-name or PAX block says of the member that follows."""
    if info.size > MAX_EXTENSION:
        raise UserError(
            f"{path}: the long name or PAX records at byte {start:,} claim {info.size:,} bytes: do not trust this shard."
        )
    payload = handle.read(info.size)
    if len(payload) < info.size:
        raise _cut(path, start)
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": payload.partition(b"\0")[0].decode("utf-8", "surrogateescape")}
    return {} if info.type == tarfile.GNUTYPE_LONGLINK else _pax_records(path, payload, start)


def _pax_records(path: Path, payload: bytes, start: int) -> dict[str, str]:
    """Records ``<length> <key>=<value>`` and a line end, where the length counts the whole record."""
    records: dict[str, str] = {}
    position = 0
    while position < len(payload):
        match = PAX_RECORD.match(payload, position)
        stop = position + int(match[1]) if match else 0
        key, equals, value = payload[match.end() if match else 0 : stop].partition(b"=")
        if not equals or stop > len(payload) or not value.endswith(b"\n"):
            raise UserError(f"{path} is damaged at byte {start + position:,} (a PAX record): fetch or write it again.")
        records[key.decode("utf-8", "surrogateescape")] = value[:-1].decode("utf-8", "surrogateescape")
        position = stop
    return records


def _check_end(path: Path, handle: BinaryIO, position: int) -> None:
    """A whole tar ends with two blocks of zeros, and nothing but zeros comes after."""
    handle.seek(position)
    length = 0
    while chunk := handle.read(CHUNK):
        if chunk.strip(b"\0"):
            raise UserError(
                f"{path} goes on after its end at byte {position:,}, and readers stop there: it is damaged or two tars in one "
                f"file; write it again as one tar."
            )
        length += len(chunk)
    if length < 2 * BLOCK:
        raise _cut(path, position)


def _refuse_compressed(path: Path, block: bytes) -> None:
    for magic, name in COMPRESSED.items():
        if block.startswith(magic):
            raise UserError(
                f"{path} is compressed ({name}): unpack it to a plain .tar first, since media are read in place."
            )


def _cut(path: Path, position: int) -> UserError:
    return UserError(
        f"{path} is cut at byte {position:,}: the blocks that end a tar are missing, so samples may be too; fetch or write it again."
    )


def _changed(path: Path, member: Member) -> UserError:
    return UserError(f"{path} ended inside {member.key}.{member.field}: it changed while it was read; run again.")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UserError(f"{path} cannot be opened ({error.strerror}): check the path.") from error
