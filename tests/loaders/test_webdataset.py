"""Exported shards give the same samples back, whatever was damaged is named, and readers share them without loss or repeat."""

import json
import pickle
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch.utils.data import DataLoader, IterableDataset

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.loaders.dataset import PairedDataset, fingerprint_of
from mmbench.loaders.webdataset import (
    ShardedDataset,
    import_webdataset,
    open_shards,
    webdataset_build,
    write_webdataset,
)
from mmbench.media import read_bytes
from mmbench.samples import FeaturesPart, MediaError, MediaPart, Sample, TextPart

Open = Callable[..., dict[str, PairedDataset]]
RANKS = ("RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS")


@pytest.fixture
def rows(picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]) -> list[Sample]:
    """Every kind of part, order and answer; generated media with a fingerprint of its own."""
    values = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    times = np.array([[0.0, 0.1], [0.1, 0.25], [0.25, 1 / 3]])
    generated = replace(picture(1), fingerprint="a" * 64)
    return [
        Sample("a.b/ü", (picture(0), TextPart("Ä\n", "de"), TextPart("plain")), target=0.1 + 0.2, group="g"),
        Sample(
            "two", (tone(440, 0.01, "en"), generated, picture(0)), options=("y", "n"), target=[1, None, {"k": 1e300}]
        ),
        Sample(
            "f", (FeaturesPart("f", values, times), FeaturesPart("g", values[:, :0]), TextPart("")), meta={"fold": 3}
        ),
        Sample("webp", (replace(picture(2), media_type="image/x-odd"),), target="x", meta={"deep": {"er": [True]}}),
        *(Sample(f"more{i}", (picture(i), TextPart(str(i)))) for i in range(6)),
    ]


@pytest.fixture
def dataset(rows: list[Sample], open_rows: Open) -> PairedDataset:
    return open_rows({"all": rows})["all"]


@pytest.fixture
def folder(dataset: PairedDataset, tmp_path: Path) -> Path:
    dataset.to_webdataset(tmp_path / "out", shard_size=4)
    return tmp_path / "out"


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def repack(folder: Path, change: Callable[[str, bytes], Iterator[tuple[str, bytes]]], number: int = 0) -> None:
    """Rewrite a shard and make the manifest's sha256 fit, as somebody who means it would."""
    import io

    path = folder / f"all-{number:06d}.tar"
    with tarfile.open(path) as tar:
        files = [(info.name, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for name, data in (new for old in files for new in change(*old)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    shards = json.loads((folder / "all.json").read_text())["shards"]
    shards[number] |= {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    edit(folder / "all.json", shards=shards)


def replaced(field: str, old: bytes, new: bytes) -> Callable[[str, bytes], Iterator[tuple[str, bytes]]]:
    def change(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        assert not name.endswith(field) or not name.startswith("000000002") or old in data
        yield name, data.replace(old, new) if name.endswith(field) else data

    return change


def test_an_export_comes_back_as_the_same_samples(folder: Path, dataset: PairedDataset, rows: list[Sample]) -> None:
    back = list(import_webdataset(folder))
    assert [one.fingerprint for one in back] == [row.fingerprint for row in rows]
    assert fingerprint_of([one.fingerprint for one in back]) == dataset.fingerprint
    for one, row in zip(back, rows, strict=True):
        assert (one.id, one.options, one.target, one.group, dict(one.meta)) == (
            row.id, row.options, row.target, row.group, dict(row.meta),
        )  # fmt: skip
        for new, old in zip(one.content, row.content, strict=True):
            if isinstance(old, MediaPart):
                assert isinstance(new, MediaPart)
                assert new.data is None
                assert read_bytes(new, one.id) == old.data
                assert (new.sha256, new.fingerprint, new.media_type) == (old.sha256, old.fingerprint, old.media_type)
    first = back[2].content[0]
    assert isinstance(first, FeaturesPart)
    assert first.timestamps is not None
    assert first.timestamps.flags.writeable
    assert [one.id for one in import_webdataset(folder / "all.json", "all")] == [row.id for row in rows]


def test_shards_can_be_built_into_the_cache_again(
    folder: Path, dataset: PairedDataset, make_card: Callable[..., Any], cache: Path
) -> None:
    from mmbench.loaders.cache import open_splits

    build = webdataset_build("fake")
    assert [split for split, _ in build({"fake": folder})] == ["all"] * len(dataset)
    card = make_card({"all": []})
    source = replace(card.source, build=build, root=folder, version="shards")
    again = open_splits(card.model_copy(update={"source": source}), ["all"])["all"]
    assert again.fingerprint == dataset.fingerprint
    assert [read_bytes(again[i].image, "") for i in (0, 9)] == [read_bytes(dataset[i].image, "") for i in (0, 9)]


def test_the_manifest_says_what_the_shards_are(folder: Path, dataset: PairedDataset) -> None:
    manifest = json.loads((folder / "all.json").read_text())
    assert {name: manifest[name] for name in ("format", "schema_version", "samples")} == {
        "format": "mmbench-webdataset", "schema_version": 1, "samples": 10,
    }  # fmt: skip
    facts = dataset.facts
    assert {name: manifest[name] for name in facts if name in manifest} == facts
    assert [(shard["name"], shard["samples"]) for shard in manifest["shards"]] == [
        ("all-000000.tar", 4), ("all-000001.tar", 4), ("all-000002.tar", 2),
    ]  # fmt: skip
    assert [file_sha256(folder / shard["name"]) for shard in manifest["shards"]] == [
        s["sha256"] for s in manifest["shards"]
    ]
    assert manifest["fields"] == [
        "0.bin", "0.flac", "0.npy", "0.png", "0.timestamps.npy", "1.npy", "1.png", "2.png", "json",
    ]  # fmt: skip


def test_an_empty_split_comes_back_empty(open_rows: Open, tmp_path: Path) -> None:
    assert open_rows({"all": []})["all"].to_webdataset(tmp_path) == []
    assert list(import_webdataset(tmp_path)) == []
    assert list(open_shards(tmp_path, "all", worker=1, workers=2)) == []


def test_equal_splits_give_equal_bytes_and_a_smaller_export_leaves_nothing_behind(
    folder: Path, dataset: PairedDataset, tmp_path: Path
) -> None:
    dataset.to_webdataset(tmp_path / "again", shard_size=4)
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    (folder / "all-extra.tar").write_bytes(b"somebody else's")
    dataset[:3].to_webdataset(folder, shard_size=4)
    assert sorted(path.name for path in folder.iterdir()) == ["all-000000.tar", "all-extra.tar", "all.json"]
    assert len(list(import_webdataset(folder))) == 3


def test_an_export_that_stops_halfway_leaves_no_manifest(
    folder: Path, rows: list[Sample], dataset: PairedDataset, tmp_path: Path
) -> None:
    stored = rows[0].image
    (tmp_path / "a.png").write_bytes(stored.data or b"")
    file = replace(stored, data=None, path=str(tmp_path / "a.png"))
    changed = [*rows[1:], Sample("last", (file,))]
    (tmp_path / "a.png").write_bytes(b"another picture")
    with pytest.raises(MediaError, match="'last': .* changed since the split was indexed"):
        write_webdataset(changed, folder, dataset.facts, 4)
    assert sorted(path.name for path in folder.iterdir()) == [f"all-{i:06d}.tar" for i in range(3)]
    with pytest.raises(UserError, match="holds no manifest"):
        import_webdataset(folder)


def test_a_folder_of_another_dataset_is_not_written_over(folder: Path, dataset: PairedDataset) -> None:
    edit(folder / "all.json", key="other")
    with pytest.raises(UserError, match="describes shards of 'other': export 'fake' to a folder of its own"):
        dataset.to_webdataset(folder)
    edit(folder / "all.json", key="fake", schema_version=0)
    assert len(dataset.to_webdataset(folder)) == 1
    (folder / "all.json").write_text('[{"caption": "mine"}]')
    with pytest.raises(UserError, match="is no manifest of shards: export to another folder"):
        dataset.to_webdataset(folder)
    with pytest.raises(UserError, match="shard_size is 0"):
        dataset.to_webdataset(folder, shard_size=0)


def test_a_shard_that_is_not_the_manifests_is_refused(folder: Path) -> None:
    path = folder / "all-000001.tar"
    data = path.read_bytes()
    path.write_bytes(data[:600] + bytes([data[600] ^ 1]) + data[601:])
    with pytest.raises(UserError, match=r"all-000001\.tar is not the file that its manifest describes \(sha256"):
        list(import_webdataset(folder))
    path.write_bytes(data[:-512])
    with pytest.raises(UserError, match=r"all-000001\.tar has .* bytes where its manifest says"):
        list(import_webdataset(folder))
    path.unlink()
    with pytest.raises(UserError, match=r"all-000001\.tar is missing, which the manifest lists"):
        list(import_webdataset(folder))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"samples": 9}, "do not add up"),
        ({"schema_version": 2}, "has schema version 2, not 1"),
        ({"format": "x"}, r"is no manifest of shards \(format"),
        ({"shards": [{"name": "../x.tar", "sha256": "0" * 64, "bytes": 0, "samples": 10}]}, r"shards\.0\.name"),
        ({"shards": [{"name": "x.tar", "sha256": "0" * 64, "bytes": 0, "samples": 5}] * 2}, "listed twice"),
        ({"split": "test"}, "describes the split 'test', not 'all'"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused_at_once(folder: Path, change: dict[str, Any], what: str) -> None:
    edit(folder / "all.json", **change)
    with pytest.raises(UserError, match=what):
        import_webdataset(folder, "all")


def test_the_split_has_to_be_clear(folder: Path, dataset: PairedDataset) -> None:
    for split, what in (("none", r"none\.json is missing"), ("../all", "cannot be the name of a split")):
        with pytest.raises(UserError, match=what):
            import_webdataset(folder, split)
    edit(folder / "all.json")
    (folder / "b.json").write_bytes((folder / "all.json").read_bytes())
    with pytest.raises(UserError, match="holds the splits all, b: name one of them"):
        import_webdataset(folder)
    (folder / "b.json").write_text("{")
    with pytest.raises(UserError, match=r"b\.json is damaged"):
        import_webdataset(folder / "b.json")
    assert len(list(import_webdataset(folder))) == len(dataset)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (replaced("2.json", b'"fold":3', b'"fold":4'), r"'f'\) is not the sample that was exported"),
        (replaced("2.json", b'"target":null', b'"target":NaN'), "is not the sample that was exported"),
        (replaced("2.json", b'"id":"f"', b'"id":["f"]'), r"a \.json that mmbench did not write \(\('id',\)"),
        (replaced("2.json", b"{", b"["), r"a \.json that mmbench did not write"),
        (replaced("2.json", b"1.npy", b"0.npy"), r"its files and what its \.json names differ \("),
        (replaced("2.0.npy", b"(3, 2)", b"(9, 9)"), r"0\.npy is not the array that it should be \(cannot reshape"),
        (replaced("2.0.npy", b"<f4", b"|O8"), r"0\.npy is not the array that it should be"),
        (replaced("2.0.npy", b"'descr'", b"((((((("), r"0\.npy is not the array that it should be"),
        (replaced("2.0.npy", b"NUMPY", b"OTHER"), r"0\.npy is not the array that it should be"),
    ],
)
def test_a_sample_that_was_tampered_with_is_named(
    folder: Path, change: Callable[[str, bytes], Iterator[tuple[str, bytes]]], what: str
) -> None:
    repack(folder, change)
    with pytest.raises(UserError, match=f"sample '000000002'.*{what}|{what}"):
        list(import_webdataset(folder))


def test_samples_that_are_missing_doubled_or_renamed_in_a_shard_are_an_error(folder: Path) -> None:
    whole = (folder / "all-000002.tar").read_bytes(), (folder / "all.json").read_bytes()
    for change, what in (
        (
            lambda name, data: iter([] if "009." in name else [(name, data)]),
            "holds 1 samples where its manifest says 2",
        ),
        (
            lambda name, data: iter([(name, data)] + [("000000010.json", data)] * name.endswith("9.json")),
            "holds 3 samples where its manifest says 2",
        ),
        (lambda name, data: iter([(name.replace("009.", "007."), data)]), "holds '000000007' where '000000009'"),
        (lambda name, data: iter([(name, data), (name + ".x", data)]), "is not one of"),
        (lambda name, data: iter([] if name.endswith("json") else [(name, data)]), "has no json"),
    ):
        repack(folder, change, 2)
        with pytest.raises(UserError, match=what):
            list(import_webdataset(folder))
        (folder / "all-000002.tar").write_bytes(whole[0])
        (folder / "all.json").write_bytes(whole[1])


def test_an_id_that_comes_twice_and_a_split_that_is_another_are_errors(
    folder: Path, rows: list[Sample], dataset: PairedDataset, tmp_path: Path
) -> None:
    write_webdataset([*rows, rows[0]], tmp_path / "twice", dataset.facts)
    with pytest.raises(UserError, match=r"all holds the id 'a\.b/ü' twice"):
        list(import_webdataset(tmp_path / "twice"))
    edit(folder / "all.json", fingerprint="0" * 64)
    with pytest.raises(UserError, match="does not have the fingerprint that its manifest says"):
        list(import_webdataset(folder))


@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("workers", [1, 2, 3, 4, 5])
def test_readers_share_a_split_without_loss_or_repeat(
    folder: Path, rows: list[Sample], nodes: int, workers: int
) -> None:
    order = [row.id for row in rows]
    parts = [
        [one.id for one in open_shards(folder, "all", node=node, nodes=nodes, worker=worker, workers=workers)]
        for node in range(nodes)
        for worker in range(workers)
    ]
    assert sorted(name for part in parts for name in part) == sorted(order)
    assert all(part == sorted(part, key=order.index) for part in parts)
    assert sum(map(bool, parts)) == (min(10, nodes * workers) if nodes * workers != 2 else 2)


@pytest.mark.parametrize("place", [{"node": 1}, {"worker": 2, "workers": 2}, {"node": -1}, {"nodes": 0}])
def test_readers_that_cannot_be_are_refused_at_once(folder: Path, place: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="There is no worker"):
        open_shards(folder, "all", **place)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_torch_loader_gives_each_sample_once(
    folder: Path, rows: list[Sample], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    dataset = ShardedDataset(folder, "all")
    assert isinstance(dataset, IterableDataset)
    loader: DataLoader[Any] = DataLoader(dataset, batch_size=None, num_workers=workers, timeout=60 * bool(workers))
    found = [sample.id for sample in loader]
    assert sorted(found) == sorted(row.id for row in rows)
    assert [sample.id for sample in loader] == found
    assert [one.id for one in pickle.loads(pickle.dumps(dataset))] == [row.id for row in rows]  # noqa: S301


@pytest.mark.parametrize(
    ("environment", "parts"),
    [
        ({}, 1),
        ({"RANK": "{}", "WORLD_SIZE": "2"}, 2),
        ({"SLURM_PROCID": "{}", "SLURM_STEP_NUM_TASKS": "4"}, 4),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, 1),  # a batch script before any srun: one process
        ({"RANK": "{}", "WORLD_SIZE": "2", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, 2),
    ],
)
def test_the_launcher_says_which_part_is_whose(
    folder: Path, rows: list[Sample], monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], parts: int
) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    found: list[str] = []
    for rank in range(parts):
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(rank))
        found += [one.id for one in ShardedDataset(folder, "all")]
    assert sorted(found) == sorted(row.id for row in rows)


def test_half_a_place_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="node and nodes belong together"):
        ShardedDataset(folder, "all", node=0)
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(UserError, match="RANK=0, where RANK and WORLD_SIZE should both be numbers"):
        iter(ShardedDataset(folder, "all"))
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(UserError, match="WORLD_SIZE=two, where"):
        iter(ShardedDataset(folder, "all"))
    parts = [[one.id for one in ShardedDataset(folder, "all", node=node, nodes=2)] for node in range(2)]
    assert sum(map(len, parts)) == 10
