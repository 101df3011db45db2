"""Stores with several writers, and stores of several machines: the union, and what is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.runs.store import Store
from mmbench.runs.uniting import unite
from mmbench.samples import Response
from tests.runs.test_store import ANSWERS, ARRAYS, VALUES, N


def writer(folder: Path, name: str = "") -> Store:
    store = Store(folder, name)
    store.open_for_writing()
    return store


def part(store: Store, start: int, values: object = None, size: int = 2) -> Store:
    store.add_array("vectors", start, VALUES[start : start + size] if values is None else np.asarray(values), {}, {})
    return store


def answer(store: Store, number: int, text: str, error: str | None = None) -> Store:
    store.add_responses("answers", [Response(f"s{number}", text, "stop", error)], {})
    return store


def values(folder: Path) -> np.ndarray:
    return np.asarray(Store(folder).read(ARRAYS).values)


def test_writers_side_by_side_are_one_store(tmp_path: Path) -> None:
    first, second = writer(tmp_path, "a"), writer(tmp_path, "b")
    for start in range(0, N, 2):
        part(first if start % 4 else second, start)
    np.testing.assert_array_equal(values(tmp_path), VALUES)
    assert second.missing(ARRAYS) == []
    first.finish(ARRAYS)
    assert len(list((tmp_path / "vectors").iterdir())) == N / 2  # one of several compacts nothing
    Store(tmp_path).finish(ARRAYS)
    assert [path.name for path in (tmp_path / "vectors").iterdir()] == ["block-000000000-000000010.safetensors"]
    np.testing.assert_array_equal(values(tmp_path), VALUES)


def test_a_writer_that_starts_again_leaves_the_others_alone(tmp_path: Path) -> None:
    part(writer(tmp_path, "a"), 0)
    torn, half = tmp_path / "journal-b.jsonl", tmp_path / "vectors" / ".part.safetensors.x.tmp"
    torn.write_text('{"event": "pa')
    half.write_text("half")
    writer(tmp_path, "a")
    assert torn.read_text()
    assert half.exists()
    writer(tmp_path)
    assert not torn.read_text()
    assert not half.exists()


def test_a_batch_made_twice_is_good_in_either_version(tmp_path: Path) -> None:
    part(writer(tmp_path, "a"), 0)
    part(writer(tmp_path, "b"), 0, [[9.0, 9.0], [8.0, 8.0]])  # takes the file's place
    part(writer(tmp_path, "a"), 2, size=8)
    assert values(tmp_path)[:2].tolist() == [[9.0, 9.0], [8.0, 8.0]]


def test_parts_that_overlap_are_taken_by_a_rule(tmp_path: Path) -> None:
    store = writer(tmp_path)
    part(store, 0, np.zeros((4, 2)), size=4)
    part(store, 2, np.ones((4, 2)), size=4)
    part(store, 4, np.full((6, 2), 2.0))
    assert values(tmp_path)[:, 0].tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]


def test_an_answer_goes_before_an_error_and_then_the_later_name(tmp_path: Path) -> None:
    for number in range(N):
        answer(writer(tmp_path, "a"), number, f"a{number}")
    answer(writer(tmp_path, "b"), 0, "", "server gone")
    answer(writer(tmp_path, "b"), 1, "b1")
    for _ in range(2):
        output = Store(tmp_path).read(ANSWERS)
        assert list(output.values)[:3] == ["a0", "b1", "a2"]
        assert output.errors == {}
        Store(tmp_path).finish(ANSWERS)


def test_blocks_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbench.runs.parts.COMPACT_EVERY", 2)
    shard = writer(tmp_path, "a")
    for start in range(0, N, 2):
        part(shard, start)
    Store(tmp_path).finish(ARRAYS)
    assert sorted(path.name[:5] for path in (tmp_path / "vectors").iterdir()) == ["block"] * 3
    np.testing.assert_array_equal(values(tmp_path), VALUES)


def test_machines_become_one_store_and_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    for start in range(0, N, 2):
        part(writer(tmp_path / f"m{start % 4}", "x"), start)
        answer(answer(writer(tmp_path / f"m{start % 4}", "x"), start, f"t{start}"), start + 1, f"t{start + 1}")
    target = tmp_path / "all"
    assert [unite(tmp_path / name, target) for name in ("m0", "m2", "m0", "m2")] == [9, 6, 0, 0]
    np.testing.assert_array_equal(values(target), VALUES)
    assert list(Store(target).read(ANSWERS).values) == [f"t{i}" for i in range(N)]
    for stage in (ARRAYS, ANSWERS):
        Store(target).finish(stage)
    unite(tmp_path / "m0", target)
    np.testing.assert_array_equal(values(target), VALUES)


def test_a_damaged_part_is_not_merged(tmp_path: Path) -> None:
    part(writer(tmp_path / "one"), 0)
    path = next((tmp_path / "one").rglob("part-*"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(UserError, match=f"{path.name} is damaged .* merge again"):
        unite(tmp_path / "one", tmp_path / "all")


@pytest.mark.parametrize(("start", "size"), [(0, 2), (0, 4), (1, 2)])
def test_other_values_for_the_same_items_are_refused_by_name(tmp_path: Path, start: int, size: int) -> None:
    part(writer(tmp_path / "one"), 0)
    part(writer(tmp_path / "two"), start, np.ones((size, 2)))
    unite(tmp_path / "one", tmp_path / "all")
    with pytest.raises(UserError, match=r"part-000000000-000000002.safetensors.* differ"):
        unite(tmp_path / "two", tmp_path / "all")


def test_the_same_values_cut_in_another_way_are_welcome(tmp_path: Path) -> None:
    part(writer(tmp_path / "one"), 0, size=4)
    part(part(part(writer(tmp_path / "two"), 0), 2), 4, size=6)
    for name in ("one", "two"):
        unite(tmp_path / name, tmp_path / "all")
    np.testing.assert_array_equal(values(tmp_path / "all"), VALUES)


def test_two_fits_and_two_answers_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        writer(tmp_path / name).save_fit("all", {"w": VALUES + len(name) + (name == "two")})
    unite(tmp_path / "one", tmp_path / "all")
    with pytest.raises(UserError, match=r"fit-all.safetensors differ in what the model fitted.* copy the run's folder"):
        unite(tmp_path / "two", tmp_path / "all")
    answer(writer(tmp_path / "three"), 0, "yes")
    answer(writer(tmp_path / "four"), 0, "no")
    unite(tmp_path / "three", tmp_path / "all")
    with pytest.raises(UserError, match="answer 's0' differently"):
        unite(tmp_path / "four", tmp_path / "all")


def test_a_journal_cannot_name_a_file_outside(tmp_path: Path) -> None:
    store = writer(tmp_path / "one")
    (tmp_path / "secret").write_text("x")
    store.journal({"event": "part", "stage": "vectors", "file": "../secret", "start": 0, "stop": 1, "sha256": "0" * 64})
    with pytest.raises(UserError, match="names a file outside itself"):
        unite(tmp_path / "one", tmp_path / "all")
