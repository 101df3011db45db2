"""A split is a sequence: slices, seeded parts of whole groups, selections, and facets that are read without their content."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders.dataset import PairedDataset, fingerprint_of
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart


@pytest.fixture
def rows() -> list[Sample]:
    """600 samples (more than two batches of rows) in groups of 1 to 5; every 50th has none."""
    sizes = np.repeat(np.arange(240), np.arange(240) % 5 + 1)[:600]
    shuffled = np.random.default_rng(0).permutation(sizes)
    return [
        Sample(f"s{i}", (TextPart(f"text {i}"),), target=i, group=None if i % 50 == 0 else f"g{shuffled[i]}")
        for i in range(600)
    ]


@pytest.fixture
def dataset(rows: list[Sample], open_rows: Callable[..., dict[str, PairedDataset]]) -> PairedDataset:
    return open_rows({"all": rows})["all"]


def test_a_split_is_a_sequence(rows: list[Sample], dataset: PairedDataset) -> None:
    assert len(dataset) == 600
    assert list(dataset) == rows
    assert (dataset[0], dataset[299], dataset[-1]) == (rows[0], rows[299], rows[-1])
    assert rows[7] in dataset
    with pytest.raises(IndexError):
        dataset[600]
    assert "600 samples, unpinned" in repr(dataset)


def test_slices_keep_everything_else(rows: list[Sample], dataset: PairedDataset) -> None:
    for part in (slice(10, 500), slice(None, None, -7), slice(590, 700), slice(5, 5)):
        taken = dataset[part]
        assert list(taken) == rows[part]
        assert taken.ids == [row.id for row in rows[part]]
        assert taken.targets == [row.target for row in rows[part]]
        assert taken.groups == [row.group for row in rows[part]]
        assert taken.fingerprint == fingerprint_of([row.fingerprint for row in rows[part]])
        assert (taken.split, taken.revision, taken.card) == (dataset.split, dataset.revision, dataset.card)
    assert list(dataset[100:][50:60]) == rows[150:160]


def test_limits_are_nested_seeded_and_take_whole_groups(dataset: PairedDataset) -> None:
    sizes = Counter(dataset.groups)
    before: set[str] = set()
    for limit in (1, 10, 50, 200, 600, 9999):
        part = dataset.limited(limit)
        assert min(limit, 600) <= len(part) <= min(limit + 4, 600)
        assert before <= set(part.ids)
        assert part.ids == [key for key in dataset.ids if key in set(part.ids)]
        assert all(count == sizes[group] for group, count in Counter(part.groups).items() if group is not None)
        before = set(part.ids)
    assert dataset.limited(50).ids == dataset.limited(50).ids != dataset.limited(50, seed=1).ids
    assert len(dataset.limited(0)) == 0


def test_a_limit_treats_each_sample_without_a_group_as_its_own(dataset: PairedDataset) -> None:
    alone = [key for key, group in zip(dataset.ids, dataset.groups, strict=True) if group is None]
    counts = [len(set(alone) & set(dataset.limited(60, seed=seed).ids)) for seed in range(20)]
    assert 0 < sum(counts) < 20 * len(alone)
    assert max(counts) < len(alone)


def test_ids_are_selected_in_the_order_given(rows: list[Sample], dataset: PairedDataset) -> None:
    assert list(dataset.select_ids(["s500", "s3"])) == [rows[500], rows[3]]
    assert list(dataset[400:].select_ids(["s500"])) == [rows[500]]
    with pytest.raises(UserError, match=r"fake all has no sample 'x' \(1 of 2 ids are unknown\)\.$"):
        dataset.select_ids(["s3", "x"])
    with pytest.raises(UserError, match="no sample 's3'"):
        dataset[400:].select_ids(["s3"])


def test_facets_name_place_number_and_fingerprint(
    picture: Callable[..., MediaPart], open_rows: Callable[..., dict[str, PairedDataset]]
) -> None:
    features = FeaturesPart("f", np.ones((2, 2), dtype=np.float32))
    rows = [
        Sample("a", (TextPart("one", "en"), picture(0), TextPart("eins", "de"), TextPart("two", "en"))),
        Sample("b", ()),
        Sample("c", (picture(1), picture(0), features)),
    ]
    rows = [replace(row, id=f"{row.id}-{n}") for n in range(200) for row in rows]
    dataset = open_rows({"all": rows})["all"]
    whole = [
        (place, number, part.fingerprint)
        for place, row in enumerate(rows)
        for number, part in enumerate(row.parts(Modality.TEXT))
    ]
    assert dataset.facets(Modality.TEXT) == whole
    texts = {text: TextPart(text).fingerprint for text in ("one", "two", "eins")}
    assert dataset[:3].facets(Modality.TEXT, "en") == [(0, 0, texts["one"]), (0, 1, texts["two"])]
    assert dataset[:3].facets(Modality.TEXT, "fr") == []
    backwards = dataset[2::-1]
    assert [place for place, _, _ in backwards.facets(Modality.IMAGE)] == [0, 0, 2]
    assert backwards.facets(Modality.FEATURES) == [(0, 0, features.fingerprint)]


def test_an_empty_split_opens(open_rows: Callable[..., dict[str, PairedDataset]]) -> None:
    empty = open_rows({"all": []})["all"]
    assert (len(empty), list(empty), empty.ids, empty.facets(Modality.TEXT)) == (0, [], [], [])


def test_frames_and_hub_datasets_keep_ids_and_order(dataset: PairedDataset) -> None:
    part = dataset[500:400:-3]
    frame: Any = part.to_pandas()
    assert frame["id"].tolist() == part.ids == part.to_datasets()["id"][:]
    assert frame["texts"].tolist() == [[sample.text] for sample in part]
    assert frame["target"].tolist() == part.targets
    assert list(dataset[:0].to_pandas().columns) == list(frame.columns)
