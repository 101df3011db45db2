"""Every kind of part comes back from its Arrow row as it went in, and a stored path cannot lead out of its folder."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mmbench.loaders.rows import SCHEMA, from_row, to_row
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart

TIMES = np.asarray([[0, 0.5], [0.5, 1.0]])


def through_arrow(sample: Sample, roots: Mapping[str, Path]) -> Sample:
    table = pa.Table.from_pylist([to_row(sample, roots)], schema=SCHEMA)
    return from_row(table.to_pylist()[0], roots)


@pytest.mark.parametrize("target", [None, "yes", 0.1, -3, ["a", "b"], {"x": [1, None]}, ""])
def test_plain_fields_come_back(target: Any) -> None:
    sample = Sample(
        "Ä/1.x", (TextPart("a\nb", "pt-BR"), TextPart("")), ("1", "2"), target, "g", {"k": [1, {"z": None}]}
    )
    back = through_arrow(sample, {})
    assert back == sample
    assert back.fingerprint == sample.fingerprint


def test_media_in_memory_come_back(picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]) -> None:
    sample = Sample("a", (picture(0), tone(440, language="fr"), picture(1)))
    assert through_arrow(sample, {}) == sample


def test_media_in_files_are_found_under_another_root(tmp_path: Path) -> None:
    roots = {"first": tmp_path / "a", "second": tmp_path / "b"}
    path = str(tmp_path / "b" / "deep" / "x:y.png")
    part = MediaPart(Modality.IMAGE, "image/png", "0" * 64, "1" * 64, path=path, offset=5, length=9)
    row = to_row(Sample("a", (part,)), roots)
    assert row["content"][0]["path"] == "second:deep/x:y.png"
    moved = from_row(row, roots | {"second": tmp_path / "moved"})
    assert moved.image == replace(part, path=str(tmp_path / "moved" / "deep" / "x:y.png"))
    with pytest.raises(ValueError, match="lies under none of the source's folders"):
        to_row(Sample("a", (replace(part, path="/elsewhere/x.png"),)), roots)


@pytest.mark.parametrize("times", [None, TIMES, TIMES[:0]])
@pytest.mark.parametrize("frames", [2, 0])
def test_features_come_back(times: Any, frames: int) -> None:
    values = np.asarray([[1.1, np.nan, 3], [4, -np.inf, 6]], dtype=np.float32)[:frames]
    sample = Sample("a", (FeaturesPart("covarep", values, times),))
    back = through_arrow(sample, {}).content[0]
    assert isinstance(back, FeaturesPart)
    assert (back.name, str(back.values.dtype), back.values.shape) == ("covarep", "float32", (frames, 3))
    assert back.values.tobytes() == values.tobytes()
    assert back.fingerprint == sample.content[0].fingerprint
    assert (back.timestamps is None) == (times is None)


def test_every_part_is_stored_with_its_fingerprint(picture: Callable[..., MediaPart]) -> None:
    sample = Sample("a", (picture(0), TextPart("x"), FeaturesPart("f", np.zeros((1, 2), dtype=np.float32))))
    stored = [part["fingerprint"] for part in to_row(sample, {})["content"]]
    assert stored == [part.fingerprint for part in sample.content]


@pytest.mark.parametrize("escape", ["r:../secret", "r:a/../../secret", "r:/etc/hostname", "other:a"])
def test_a_stored_path_cannot_lead_out_of_its_folder(tmp_path: Path, escape: str) -> None:
    part = MediaPart(Modality.IMAGE, "image/png", "0" * 64, "1" * 64, path=str(tmp_path / "a.png"))
    row = to_row(Sample("a", (part,)), {"r": tmp_path})
    row["content"][0]["path"] = escape
    with pytest.raises(ValueError, match="a stored path leads out of its folder"):
        from_row(row, {"r": tmp_path})
