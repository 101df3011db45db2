"""Exports are read back by the tools that they are for, and equal splits give equal bytes."""

import gc
import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import webdataset

from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.exports import flat
from mmbench.loaders.rows import from_row
from mmbench.samples import FeaturesPart, MediaError, MediaPart, Sample, TextPart


@pytest.fixture
def rows(tmp_path: Path, picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]) -> list[Sample]:
    """Ids with dots and slashes, media in memory and in files, several of a kind, none at all."""
    stored = picture(3)
    assert stored.data is not None
    (tmp_path / "a.png").write_bytes(stored.data)
    file = replace(stored, data=None, path=str(tmp_path / "a.png"))
    mixed = [
        Sample("a.b/c", (file, TextPart("Ä", "de")), target="x", group="g", meta={"k": 1}),
        Sample("two", (picture(0), tone(440, 0.01), picture(1)), options=("y", "n"), target=0.5),
        Sample("none", (TextPart("only"),)),
    ]
    return [*mixed, *(Sample(f"more{i}", (picture(i),)) for i in range(300))]


@pytest.fixture
def dataset(rows: list[Sample], open_rows: Callable[..., dict[str, PairedDataset]]) -> PairedDataset:
    return open_rows({"all": rows})["all"]


def media(sample: Sample) -> list[bytes]:
    parts = [part for part in sample.content if isinstance(part, MediaPart)]
    return [part.data or Path(str(part.path)).read_bytes() for part in parts]


def read_shards(paths: Sequence[Path]) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # webdataset leaves closing its files to the collector
        found = list(webdataset.WebDataset([str(path) for path in paths], shardshuffle=False))
        gc.collect()
    return found


def test_parquet_reads_back_with_media_inside(dataset: PairedDataset, rows: list[Sample], tmp_path: Path) -> None:
    path = dataset.to_parquet(tmp_path / "out" / "all.parquet")
    back = [from_row(row, {}) for row in pq.read_table(path).to_pylist()]
    assert [one.fingerprint for one in back] == [row.fingerprint for row in rows]
    assert [media(one) for one in back] == [media(row) for row in rows]
    assert back[0].image.path is None
    first = path.read_bytes()
    assert dataset.to_parquet(path).read_bytes() == first
    assert list(path.parent.iterdir()) == [path]


def test_webdataset_reads_back(dataset: PairedDataset, rows: list[Sample], tmp_path: Path) -> None:
    paths = dataset.to_webdataset(tmp_path / "out", shard_size=100)
    assert [path.name for path in paths] == [f"all-{shard:06d}.tar" for shard in range(4)]
    back = read_shards(paths)
    records = [json.loads(one["json"]) for one in back]
    kept = ("id", "options", "target", "group", "meta")
    assert [[record[name] for name in kept] for record in records] == [
        [flat(row)[name] for name in kept] for row in rows
    ]
    assert [[part.get("text") for part in record["content"] if "text" in part] for record in records] == [
        flat(row)["texts"] for row in rows
    ]
    for one, row in zip(back, rows, strict=True):
        names = [name for name in sorted(one) if name[0].isdigit()]
        assert [one[name] for name in names] == media(row)
    assert sorted(name for name in back[1] if not name.startswith("__")) == ["0.png", "1.flac", "2.png", "json"]
    before = [path.read_bytes() for path in paths]
    again = dataset.to_webdataset(tmp_path / "again", shard_size=100)
    assert [path.read_bytes() for path in again] == before


def test_features_are_kept(open_rows: Callable[..., dict[str, PairedDataset]], tmp_path: Path) -> None:
    sample = Sample("a", (FeaturesPart("f", np.ones((1, 2), dtype=np.float32), np.array([[0.0, 0.5]])),))
    dataset = open_rows({"all": [sample]})["all"]
    path = dataset.to_parquet(tmp_path / "all.parquet")
    assert from_row(pq.read_table(path).to_pylist()[0], {}).fingerprint == sample.fingerprint
    (back,) = read_shards(dataset.to_webdataset(tmp_path / "out"))
    assert np.load(io.BytesIO(back["0.npy"])).tolist() == [[1.0, 1.0]]
    assert np.load(io.BytesIO(back["0.timestamps.npy"])).tolist() == [[0.0, 0.5]]


def test_a_file_that_changed_stops_an_export(dataset: PairedDataset, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"another picture")
    with pytest.raises(MediaError, match=r"'a\.b/c': .* changed since the split was indexed"):
        dataset.to_parquet(tmp_path / "out" / "all.parquet")
    assert list((tmp_path / "out").iterdir()) == []
