"""The store: parts, journals, compaction, and damage that is found and named."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mmbench.runs.store as module
from mmbench.errors import RunFailedError, UserError
from mmbench.files import canonical_json, digest, file_sha256
from mmbench.runs.store import Store
from mmbench.samples import Modality, Response, Usage
from mmbench.tasks.base import Stage

N = 10
ARRAYS = Stage("vectors", "embed", [f"s{i}" for i in range(N)], [], frozenset({Modality.TEXT}))
ANSWERS = Stage("answers", "generate", [f"s{i}" for i in range(N)], [], frozenset({Modality.TEXT}))
VALUES = np.arange(2.0 * N).reshape(N, 2)


def opened(folder: Path) -> Store:
    store = Store(folder)
    store.open_for_writing()
    return store


def fill(store: Store, step: int = 2) -> Store:
    for start in range(0, N, step):
        store.add_array("vectors", start, VALUES[start : start + step], {}, {"seconds": 0.1})
    return store


def answer(store: Store, *numbers: int) -> Store:
    for number in numbers:
        store.add_responses("answers", [Response(f"s{number}", f"text {number}")], {})
    return store


def test_what_is_stored_comes_back_in_order(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for start in (4, 0, 8, 2, 6):
        store.add_array("vectors", start, VALUES[start : start + 2], {"s4": "broken"} if start == 4 else {}, {})
    output = Store(tmp_path).read(ARRAYS)
    np.testing.assert_array_equal(np.asarray(output.values), VALUES)
    assert output.errors == {"s4": "broken"}


def test_compaction_leaves_one_block_and_the_same_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPACT_EVERY", 3)
    store = fill(opened(tmp_path))
    assert sorted(path.name for path in (tmp_path / "vectors").iterdir()) == [
        "block-000000000-000000006.safetensors",
        "part-000000006-000000008.safetensors",
        "part-000000008-000000010.safetensors",
    ]
    store.finish(ARRAYS)
    assert len(list((tmp_path / "vectors").iterdir())) == 2
    np.testing.assert_array_equal(np.asarray(Store(tmp_path).read(ARRAYS).values), VALUES)


def test_a_part_without_its_journal_line_is_made_again(tmp_path: Path) -> None:
    fill(opened(tmp_path))
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:9])  # killed in the middle of the last line
    assert opened(tmp_path).missing(ARRAYS) == [8, 9]
    assert journal.read_bytes() == b"".join(lines[:-1])


def test_a_damaged_part_is_named_and_deleting_it_costs_its_items_only(tmp_path: Path) -> None:
    store = fill(opened(tmp_path))
    path = tmp_path / "vectors" / "part-000000004-000000006.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"part-000000004-000000006.safetensors is damaged .* delete it .* 2 items"):
        store.missing(ARRAYS)
    path.unlink()
    assert store.missing(ARRAYS) == [4, 5]


def test_a_damaged_journal_line_is_named(tmp_path: Path) -> None:
    fill(opened(tmp_path))
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], "{nonsense", *lines[1:]]) + "\n")
    with pytest.raises(UserError, match=r"journal.jsonl line 2 is damaged"):
        opened(tmp_path).missing(ARRAYS)


def test_responses_are_on_disk_at_once_and_a_torn_one_is_asked_again(tmp_path: Path) -> None:
    answer(opened(tmp_path), 0, 1, 2)
    lines = tmp_path / "answers" / "responses.jsonl"
    lines.write_bytes(lines.read_bytes()[:-5])
    store = opened(tmp_path)
    assert store.missing(ANSWERS) == [2, 3, 4, 5, 6, 7, 8, 9]
    answer(store, *range(2, N))
    store.finish(ANSWERS)
    assert not lines.exists()
    assert Store(tmp_path).read(ANSWERS).values == [f"text {i}" for i in range(N)]


def test_an_edited_answer_is_found(tmp_path: Path) -> None:
    answer(opened(tmp_path), 0, 1)
    lines = tmp_path / "answers" / "responses.jsonl"
    lines.write_text(lines.read_text().replace("text 1", "text 7"))
    with pytest.raises(UserError, match=r"responses.jsonl line 2 is damaged"):
        Store(tmp_path).missing(ANSWERS)


def test_a_damaged_table_of_answers_is_found(tmp_path: Path) -> None:
    store = answer(opened(tmp_path), *range(N))
    store.finish(ANSWERS)
    table = tmp_path / "answers" / "responses.parquet"
    table.write_bytes(table.read_bytes()[:-3] + b"xyz")
    with pytest.raises(UserError, match="responses.parquet is damaged"):
        store.read(ANSWERS)


def test_a_failed_answer_keeps_its_reason(tmp_path: Path) -> None:
    store = answer(opened(tmp_path), *range(1, N))
    store.add_responses("answers", [Response("s0", "", "error", "no picture")], {})
    for _ in range(2):
        output = store.read(ANSWERS)
        assert output.values[0] is None
        assert output.errors == {"s0": "no picture"}
        store.finish(ANSWERS)


def test_a_batch_in_which_all_failed_takes_the_width_of_the_others(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add_array("vectors", 0, np.full((2, 1), np.nan), {"s0": "x", "s1": "y"}, {})
    store.add_array("vectors", 2, VALUES[2:], {}, {})
    store.finish(ARRAYS)
    values = np.asarray(store.read(ARRAYS).values)
    assert values.shape == (N, 2)
    assert np.isnan(values[:2]).all()


def test_vectors_of_two_lengths_are_refused(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add_array("vectors", 0, np.zeros((5, 2)), {}, {})
    store.add_array("vectors", 5, np.zeros((5, 3)), {}, {})
    with pytest.raises(RunFailedError, match=r"different lengths \(2, 3\)"):
        store.read(ARRAYS)


def test_an_incomplete_stage_is_not_read(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add_array("vectors", 0, VALUES[:2], {}, {})
    with pytest.raises(UserError, match="is not complete"):
        store.read(ARRAYS)


def test_fitted_state_comes_back_and_damage_is_found(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.load_fit("all") is None
    store.save_fit("all", {"weights": VALUES, "answers": "yes\nno"})
    state = Store(tmp_path).load_fit("all")
    assert state is not None
    np.testing.assert_array_equal(np.asarray(state["weights"]), VALUES)
    assert state["answers"] == "yes\nno"
    path = tmp_path / "fit-all.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(UserError, match="the model is then fitted again"):
        store.load_fit("all")


def test_files_that_were_being_written_are_removed(tmp_path: Path) -> None:
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / ".part.safetensors.abc.tmp").write_bytes(b"half")
    opened(tmp_path)
    assert list((tmp_path / "vectors").iterdir()) == []


def test_the_journal_is_strict_json_with_provenance(tmp_path: Path) -> None:
    fill(opened(tmp_path))
    entries = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert {entry["seconds"] for entry in entries} == {0.1}
    assert all(len(entry["sha256"]) == 64 for entry in entries)


def test_what_answers_took_is_stored_with_them_and_kept_when_they_are_compacted(tmp_path: Path) -> None:
    usage = Usage(input_tokens=10, output_tokens=2, cost=0.5, attempts=3)
    store = opened(tmp_path)
    store.add_responses("answers", [Response("s0", "yes", usage=usage)], {"seconds": 0.25})
    store.add_responses("answers", [Response("s1", "no", usage=replace(usage, seconds=4.0))], {"seconds": 0.25})
    store.add_responses("answers", [Response(f"s{i}", "no") for i in range(2, N)], {})
    for _ in range(2):
        found = Store(tmp_path).usage(ANSWERS)
        assert found == {"s0": replace(usage, seconds=0.25), "s1": replace(usage, seconds=4.0)}
        store.finish(ANSWERS)


def test_answers_that_were_stored_before_usage_was_known_can_be_read(tmp_path: Path) -> None:
    fields = {"id": "s0", "text": "yes", "finish_reason": "stop", "error": None, "seconds": 0.5}
    folder = tmp_path / "answers"
    opened(tmp_path)
    folder.mkdir()
    line = canonical_json({**fields, "digest": digest(fields)[:16]})
    (folder / "responses.jsonl").write_text(f"{line}\n")
    old = {name: [f"s{i}" if name == "id" else "yes" for i in range(1, N)] for name in ("id", "text", "finish_reason")}
    table = folder / "responses.parquet"
    pq.write_table(pa.table({**old, "error": pa.nulls(N - 1, pa.string())}), table)
    Store(tmp_path).note("responses", "answers", file="answers/responses.parquet", sha256=file_sha256(table), n=N - 1)
    output = Store(tmp_path).read(ANSWERS)
    assert list(output.values) == ["yes"] * N
    assert Store(tmp_path).usage(ANSWERS) == {"s0": Usage(seconds=0.5)}


def test_parts_know_the_share_of_each_item_after_compaction_too(tmp_path: Path) -> None:
    store = fill(opened(tmp_path))
    store.finish(ARRAYS)
    assert Store(tmp_path).usage(ARRAYS) == dict.fromkeys(ARRAYS.ids, Usage(seconds=0.05))


def test_errors_are_read_without_the_values(tmp_path: Path) -> None:
    store = answer(opened(tmp_path), *range(1, N))
    store.add_responses("answers", [Response("s0", "", "error", "no picture")], {})
    store.add_array("vectors", 0, VALUES, {"s4": "broken"}, {})
    assert store.errors(ANSWERS) == {"s0": "no picture"}
    assert store.errors(ARRAYS) == {"s4": "broken"}
