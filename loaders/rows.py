"""A sample as an Arrow row and back. The columns are the same for every dataset: they are the standardized split."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from mmbench.files import canonical_json
from mmbench.loaders.sources import Roots
from mmbench.samples import NO_META, FeaturesPart, MediaPart, Modality, Part, Sample, TextPart

PART = pa.struct(
    [
        ("modality", pa.string()),
        ("text", pa.string()),  # text parts: the text; features parts: the name
        ("language", pa.string()),
        ("media_type", pa.string()),
        ("sha256", pa.string()),
        ("fingerprint", pa.string()),
        ("bytes", pa.binary()),
        ("path", pa.string()),  # root:relative/path
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("values", pa.list_(pa.float32())),
        ("shape", pa.list_(pa.int64())),
        ("timestamps", pa.list_(pa.float64())),
    ]
)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("content", pa.list_(PART)),
        ("options", pa.list_(pa.string())),
        ("target", pa.string()),  # JSON, so that every kind of answer has one column type
        ("group", pa.string()),
        ("meta", pa.string()),  # JSON object
        ("fingerprint", pa.string()),
    ]
)
EMPTY_PART: Mapping[str, Any] = MappingProxyType(dict.fromkeys(PART.field(i).name for i in range(PART.num_fields)))


def to_row(sample: Sample, roots: Roots) -> dict[str, Any]:
    """The row of a sample; paths are stored relative to their root."""
    return {
        "id": sample.id,
        "content": [_part_to_row(part, roots) for part in sample.content],
        "options": list(sample.options),
        "target": canonical_json(sample.target),
        "group": sample.group,
        "meta": canonical_json(dict(sample.meta)),
        "fingerprint": sample.fingerprint,
    }


def from_row(row: Mapping[str, Any], roots: Roots) -> Sample:
    """The sample of a row."""
    meta = json.loads(row["meta"])
    return Sample(
        id=row["id"],
        content=tuple(_part_from_row(part, roots) for part in row["content"]),
        options=tuple(row["options"]),
        target=json.loads(row["target"]),
        group=row["group"],
        meta=MappingProxyType(meta) if meta else NO_META,
    )


def _part_to_row(part: Part, roots: Roots) -> dict[str, Any]:
    row = {**EMPTY_PART, "modality": str(part.modality), "language": part.language}
    if isinstance(part, TextPart):
        return row | {"text": part.text, "fingerprint": part.fingerprint}
    if isinstance(part, FeaturesPart):
        times = None if part.timestamps is None else part.timestamps.ravel().tolist()
        return row | {
            "text": part.name,
            "values": part.values.ravel(),
            "shape": list(part.values.shape),
            "fingerprint": part.fingerprint,
            "timestamps": times,
        }
    path = None if part.path is None else _relative(part.path, roots)
    return row | {
        "media_type": part.media_type,
        "sha256": part.sha256,
        "fingerprint": part.fingerprint,
        "bytes": part.data,
        "path": path,
        "offset": part.offset,
        "length": part.length,
    }


def _part_from_row(row: Mapping[str, Any], roots: Roots) -> Part:
    modality = Modality(row["modality"])
    if modality is Modality.TEXT:
        return TextPart(row["text"], row["language"])
    if modality is Modality.FEATURES:
        values = np.asarray(row["values"], dtype=np.float32).reshape(row["shape"])
        times = None if row["timestamps"] is None else np.asarray(row["timestamps"], dtype=np.float64).reshape(-1, 2)
        return FeaturesPart(row["text"], values, times)
    return MediaPart(
        modality,
        row["media_type"],
        row["sha256"],
        row["fingerprint"],
        data=row["bytes"],
        path=None if row["path"] is None else _absolute(row["path"], roots),
        offset=row["offset"],
        length=row["length"],
        language=row["language"],
    )


def _relative(path: str, roots: Roots) -> str:
    for name, root in roots.items():
        if Path(path).is_relative_to(root):
            return f"{name}:{Path(path).relative_to(root).as_posix()}"
    raise ValueError(f"{path} lies under none of the source's folders ({', '.join(map(str, roots.values()))})")


def _absolute(stored: str, roots: Roots) -> str:
    name, _, relative = stored.partition(":")
    if name not in roots or ".." in Path(relative).parts or Path(relative).is_absolute():
        raise ValueError(f"a stored path leads out of its folder: {stored!r}")
    return str(roots[name] / relative)
