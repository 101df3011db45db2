"""Checks of time: streams of features with stamps, spans in meta, speech and its words."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.loaders.checks import all_checks, run_checks
from mmbench.loaders.checks.time import union
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import FeaturesPart, MediaPart, Sample, TextPart

Rows = dict[str, list[Sample]]
Open = Callable[[Rows], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
Times = NDArray[np.float64]


def _stamps(count: int, length: float) -> Times:
    edges = np.linspace(0, length, count + 1)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _features(name: str, times: Times) -> FeaturesPart:
    return FeaturesPart(name, np.random.default_rng(len(times)).normal(size=(len(times), 3)).astype(np.float32), times)


@pytest.fixture
def rows(tone: Make) -> Rows:
    """Two seconds of sound with words and frames over them."""
    return {
        "test": [
            Sample(
                f"{i}",
                (tone(300 + i, seconds=2.0, language="en"), TextPart(f"some words number {i}", "en"),
                 _features("text", _stamps(4, 2.0)), _features("vision", _stamps(20, 2.0))),
                meta={"start": 10.0, "end": 12.0},
            )
            for i in range(30)
        ]
    }  # fmt: skip


def _check(open_rows: Open, rows: Rows) -> dict[str, tuple[str, list[str], str]]:
    chosen = [one for one in all_checks() if one.family == "time"]
    report = run_checks(open_rows(rows), checks=chosen)
    return {one.check: (one.status, one.ids, one.items[0].note) for one in report.findings}


def test_clean_streams_pass(rows: Rows, open_rows: Open) -> None:
    assert _check(open_rows, rows) == {}


def _vision(rows: Rows, times: Times) -> None:
    content = rows["test"][5].content
    rows["test"][5] = replace(rows["test"][5], content=(*content[:3], _features("vision", times)))


@pytest.mark.parametrize(
    ("change", "note", "also"),
    [
        (lambda times: times[:, ::-1], "end before they start", {"interval-join"}),
        (lambda times: times[::-1], "starts run back", set()),
        (lambda times: times + 2.0, "runs to 4.0 s, the sound lasts 2.0 s", {"interval-join"}),
        (lambda times: times * 1000, "which looks like milliseconds", {"interval-join"}),
        (lambda times: np.where(times == times[3, 0], np.nan, times), "not finite", set()),
        (lambda times: times - 0.5, "before 0", {"interval-join"}),
    ],
)
def test_wrong_stamps_are_named(
    rows: Rows, open_rows: Open, change: Callable[[Times], Times], note: str, also: set[str]
) -> None:
    _vision(rows, np.ascontiguousarray(change(_stamps(20, 2.0))))
    found = _check(open_rows, rows)
    assert found["time-stamps"][:2] == ("fail", ["5"])
    assert note in found["time-stamps"][2]
    assert set(found) - {"time-stamps"} <= also


def test_a_span_that_does_not_fit_its_sound_is_named(rows: Rows, open_rows: Open) -> None:
    rows["test"][5] = replace(rows["test"][5], meta={"start": 10.0, "end": 19.0})
    rows["test"][6] = replace(rows["test"][6], meta={"start": 10.0, "end": 9.0})
    assert _check(open_rows, rows)["time-stamps"][:2] == ("fail", ["5", "6"])


def test_what_a_join_drops_is_counted(rows: Rows, open_rows: Open) -> None:
    _vision(rows, _stamps(10, 1.0))  # the frames end in the middle: they meet two of four words, and touch the third
    found = _check(open_rows, rows)
    assert found == {"interval-join": ("warn", ["5"], "1 of 4 intervals of text meet none of vision (0.5 s)")}


def test_speech_with_another_transcript_is_named(rows: Rows, open_rows: Open) -> None:
    content = rows["test"][5].content
    rows["test"][5] = replace(rows["test"][5], content=(content[0], TextPart("long " * 30, "en"), *content[2:]))
    assert _check(open_rows, rows)["speech-rate"][:2] == ("warn", ["5"])


def test_union_joins_what_touches() -> None:
    times = np.asarray([[3, 4], [0, 1], [0.5, 2], [2, 2.5], [9, 8]])
    assert union(times).tolist() == [[0, 2.5], [3, 4]]
    assert union(np.zeros((0, 2))).shape == (0, 2)
