"""Writing a split for other tools: Parquet, flat rows. Columns, ids and order stay those of the split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmbench.files import atomic_path
from mmbench.media import read_bytes
from mmbench.samples import MediaPart, Modality, Sample, TextPart

BATCH = 256
COLUMNS = ("id", "texts", "languages", "images", "audios", "options", "target", "group", "meta")


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


def _inlined(sample: Sample) -> Sample:
    content = tuple(
        replace(part, data=read_bytes(part, sample.id), path=None, offset=0, length=None)
        if isinstance(part, MediaPart)
        else part
        for part in sample.content
    )
    return replace(sample, content=content)
