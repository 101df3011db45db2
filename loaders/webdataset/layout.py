"""How a sample lies in a shard: one ``.json`` that says everything, and a file per picture, sound and array beside it."""

import io
import json
import tokenize
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from mmbench.errors import UserError
from mmbench.files import canonical_json
from mmbench.loaders.tars import MAX_READ, Member, TarSample, member_bytes
from mmbench.loaders.unknown import Frozen
from mmbench.media import read_bytes
from mmbench.samples import FeaturesPart, MediaPart, Modality, Part, Sample, TextPart

RECORD = "json"
MAX_ARRAY = 4 << 30  # bytes of one features array
SUFFIXES = {
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "image/bmp": "bmp", "image/tiff": "tiff",
    "audio/flac": "flac", "audio/wav": "wav", "audio/ogg": "ogg", "audio/mpeg": "mp3",
}  # fmt: skip
Sha256: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class TextRecord(Frozen):
    """A text part."""

    modality: Literal["text"]
    text: str
    language: str | None


class MediaRecord(Frozen):
    """A picture or sound; ``file`` is the field of the sample that holds its bytes."""

    modality: Literal["image", "audio"]
    file: str
    media_type: str
    sha256: Sha256
    fingerprint: Sha256
    language: str | None


class FeaturesRecord(Frozen):
    """An array; ``file`` and ``timestamps`` are fields of the sample."""

    modality: Literal["features"]
    name: str
    file: str
    timestamps: str | None


PartRecord: TypeAlias = Annotated[TextRecord | MediaRecord | FeaturesRecord, Field(discriminator="modality")]


class SampleRecord(Frozen):
    """The ``.json`` of a sample. ``fingerprint`` is that of the whole sample, so that a part cannot get lost unseen."""

    id: str
    content: tuple[PartRecord, ...]
    options: tuple[str, ...]
    target: Any
    group: str | None
    meta: dict[str, Any]
    fingerprint: Sha256


def key_of(position: int) -> str:
    """The key of a sample: its position in the split, since ids may hold dots, which end a webdataset key."""
    return f"{position:09d}"


def members_of(sample: Sample) -> dict[str, bytes]:
    """The files of a sample by field: ``json``, and ``0.png``, ``1.flac``, ``2.npy``, ``2.timestamps.npy`` in the order of the parts.

    Raises:
        MediaError: media that changed since the split was indexed.
        UserError: a record that is longer than what is read back.
    """
    files: dict[str, bytes] = {}
    records: list[TextRecord | MediaRecord | FeaturesRecord] = []
    number = 0
    for part in sample.content:
        packed, found = _packed(part, number, sample.id)
        records.append(packed)
        files |= found
        number += bool(found)
    record = SampleRecord(
        id=sample.id,
        content=tuple(records),
        options=sample.options,
        target=sample.target,
        group=sample.group,
        meta=dict(sample.meta),
        fingerprint=sample.fingerprint,
    )
    text = canonical_json(record.model_dump()).encode()
    if len(text) > MAX_READ:
        raise UserError(f"{sample.id!r} holds {len(text):,} bytes of text, above {MAX_READ:,}: export it as parquet.")
    return {RECORD: text} | files


def sample_of(path: Path, found: TarSample) -> Sample:
    """The sample of its files in a shard. Media stay where they are: each part is a range of the tar; arrays are read.

    Raises:
        UserError: a record that is not what ``members_of`` writes, files that it does not name, another fingerprint.
    """
    where = f"{path}: sample {found.key!r}"
    try:
        record = SampleRecord.model_validate(json.loads(member_bytes(path, found.fields[RECORD])))
    except (ValidationError, ValueError, RecursionError) as error:
        detail = (
            f"{error.errors()[0]['loc']}: {error.errors()[0]['msg']}" if isinstance(error, ValidationError) else error
        )
        raise UserError(
            f"{where} has a .json that mmbench did not write ({detail}): export the split again."
        ) from error
    _same_files(where, record, found)
    sample = Sample(
        id=record.id,
        content=tuple(_unpacked(path, part, found) for part in record.content),
        options=record.options,
        target=record.target,
        group=record.group,
        meta=record.meta,  # a plain dict: workers send samples to each other, and a read-only view cannot be pickled
    )
    try:
        same = sample.fingerprint == record.fingerprint
    except ValueError:  # NaN, or text that is no Unicode: nothing that was ever exported
        same = False
    if not same:
        raise UserError(
            f"{where} ({record.id!r}) is not the sample that was exported (its fingerprint differs): export it again."
        )
    return sample


def _packed(
    part: Part, number: int, sample_id: str
) -> tuple[TextRecord | MediaRecord | FeaturesRecord, dict[str, bytes]]:
    if isinstance(part, TextPart):
        return TextRecord(modality="text", text=part.text, language=part.language), {}
    if isinstance(part, FeaturesPart):
        values, times = f"{number}.npy", f"{number}.timestamps.npy"
        files = {values: _npy(part.values, "<f4")}
        if part.timestamps is not None:
            files[times] = _npy(part.timestamps, "<f8")
        timestamps = times if times in files else None
        return FeaturesRecord(modality="features", name=part.name, file=values, timestamps=timestamps), files
    field = f"{number}.{SUFFIXES.get(part.media_type, 'bin')}"
    return MediaRecord(
        modality="image" if part.modality is Modality.IMAGE else "audio",
        file=field,
        media_type=part.media_type,
        sha256=part.sha256,
        fingerprint=part.fingerprint,
        language=part.language,
    ), {field: read_bytes(part, sample_id)}


def _unpacked(path: Path, record: PartRecord, found: TarSample) -> Part:
    if isinstance(record, TextRecord):
        return TextPart(record.text, record.language)
    member = found.fields[record.file]
    if isinstance(record, FeaturesRecord):
        times = None if record.timestamps is None else _array(path, found.fields[record.timestamps], "<f8")
        return FeaturesPart(record.name, _array(path, member, "<f4"), times)
    return MediaPart(
        Modality(record.modality),
        record.media_type,
        record.sha256,
        record.fingerprint,
        path=str(path),
        offset=member.offset,
        length=member.length,
        language=record.language,
    )


def _same_files(where: str, record: SampleRecord, found: TarSample) -> None:
    """Every file of the sample belongs to one part, and every part has its files."""
    named = [RECORD, *_files(record.content)]
    if sorted(named) != sorted(found.fields):
        odd = sorted(set(named) ^ set(found.fields)) or sorted({name for name in named if named.count(name) > 1})
        raise UserError(
            f"{where}: its files and what its .json names differ ({', '.join(odd)}): export the split again."
        )


def _files(content: Sequence[PartRecord]) -> list[str]:
    names = [part.file for part in content if not isinstance(part, TextRecord)]
    return names + [
        part.timestamps for part in content if isinstance(part, FeaturesRecord) and part.timestamps is not None
    ]


def _npy(values: NDArray[Any], dtype: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values, dtype=dtype, order="C"), allow_pickle=False)
    return buffer.getvalue()


def _array(path: Path, member: Member, dtype: str) -> NDArray[Any]:
    """The array of a ``.npy``. The header is checked against the length first: numpy would allocate what it claims."""
    data = member_bytes(path, member, limit=MAX_ARRAY)
    buffer = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(buffer) != (1, 0):
            raise ValueError("another version of the format")
        shape, fortran, found = np.lib.format.read_array_header_1_0(buffer)
        if found != np.dtype(dtype) or fortran:
            raise ValueError(f"{found} {shape} is not a row-major {dtype} array")
        return np.frombuffer(data, dtype=dtype, offset=buffer.tell()).reshape(shape).copy()
    except (ValueError, SyntaxError, tokenize.TokenError) as error:  # numpy parses the header as Python
        raise UserError(
            f"{path}: {member.key}.{member.field} is not the array that it should be ({error}): export the split again."
        ) from error
