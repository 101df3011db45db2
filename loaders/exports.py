"""Writing a split for other tools: Parquet, webdataset tars, flat rows. Columns, ids and order stay those of the split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import atomic_path, canonical_json
from mmbench.media import read_bytes
from mmbench.samples import MediaPart, Modality, Sample, TextPart

BATCH = 256
COLUMNS = ("id", "texts", "languages", "images", "audios", "options", "target", "group", "meta")
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "audio/flac": "flac", "audio/wav": "wav", "audio/ogg": "ogg"}


def flat(sample: Sample) -> dict[str, Any]:
    """One sample as plain values; media as their fingerprints."""
    texts = [part for part in sample.content if isinstance(part, TextPart)]
    media = [part for part in sample.content if isinstance(part, MediaPart)]
    return {
        "id": sample.id,
        "texts": [part.text for part in texts],
        "languages": [part.language for part in texts],
        "images": [part.fingerprint for part in media if part.modality is Modality.IMAGE],
        "audios": [part.fingerprint for part in media if part.modality is Modality.AUDIO],
        "options": list(sample.options),
        "target": sample.target,
        "group": sample.group,
        "meta": dict(sample.meta),
    }


def write_parquet(samples: Sequence[Sample], path: Path) -> Path:
    """Write the standardized columns with media bytes inside."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mmbench.loaders.rows import SCHEMA, to_row

    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, SCHEMA) as writer:
        for start in range(0, len(samples), BATCH):
            rows = [to_row(_inlined(sample), {}) for sample in samples[start : start + BATCH]]
            writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
    return path


def write_webdataset(samples: Sequence[Sample], folder: Path, name: str, shard_size: int) -> list[Path]:
    """Write tar shards; equal samples give equal bytes."""
    import webdataset

    paths = []
    for shard, start in enumerate(range(0, len(samples), shard_size)):
        path = folder / f"{name}-{shard:06d}.tar"
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            writer = webdataset.TarWriter(handle, mtime=0)
            for offset, sample in enumerate(samples[start : start + shard_size]):
                writer.write({"__key__": f"{start + offset:09d}", **_members(sample)})
            writer.close()
        paths.append(path)
    return paths


def _inlined(sample: Sample) -> Sample:
    content = tuple(
        replace(part, data=read_bytes(part, sample.id), path=None, offset=0, length=None)
        if isinstance(part, MediaPart)
        else part
        for part in sample.content
    )
    return replace(sample, content=content)


def _members(sample: Sample) -> dict[str, bytes]:
    if Modality.FEATURES in sample.modalities:
        raise UserError(f"{sample.id!r} holds features, which webdataset shards do not carry: export it as parquet.")
    media = [part for part in sample.content if isinstance(part, MediaPart)]
    files = {
        f"{number}.{SUFFIXES.get(part.media_type, 'bin')}": read_bytes(part, sample.id)
        for number, part in enumerate(media)
    }
    return {"json": canonical_json(flat(sample)).encode()} | files
