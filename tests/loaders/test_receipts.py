"""Receipts: what was checked, when and where; one that is committed pins the content of its revision."""

import datetime
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders import DatasetCard, receipts
from mmbench.loaders.cache import open_splits
from mmbench.loaders.receipts import Receipt, issue, receipt_of, witnessed, write_receipt
from mmbench.samples import Sample, TextPart
from tests import fakes

TODAY = datetime.date(2026, 11, 24)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(receipts.receipt_of, "__defaults__", (tmp_path / "receipts",))
    return tmp_path / "receipts"


def card(word: str = "one", revision: str = "1") -> DatasetCard:
    source = fakes.MemorySource(lambda roots: iter([("test", Sample("a", (TextPart(word),)))]), revision)
    made = fakes.card("checked")
    return made.model_copy(update={"source": source, "splits": {"test": made.splits["test"]}})


def issued(made: DatasetCard) -> Receipt:
    return issue(made, open_splits(made, ["test"]), TODAY)


def test_a_receipt_comes_back_as_it_was_written(folder: Path) -> None:
    receipt = issued(card())
    path = write_receipt(receipt, folder)
    assert path == folder / "checked.json"
    assert receipt_of("checked", folder) == receipt
    assert receipt_of("other", folder) is None
    assert (receipt.splits["test"].count, receipt.date, receipt.endpoint) == (1, TODAY, "https://huggingface.co")


def test_a_committed_receipt_pins_the_content_of_its_revision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_splits(card(), ["test"])["test"].evidence == "unpinned"
    write_receipt(issued(card()), folder)
    assert open_splits(card(), ["test"])["test"].evidence == "pinned-content"
    monkeypatch.setenv("MMBENCH_CACHE", str(folder.parent / "another"))
    with pytest.raises(UserError, match="checked test does not hold the content that its card pins"):
        open_splits(card("two"), ["test"])
    assert open_splits(card("two", revision="2"), ["test"])["test"].evidence == "unpinned"


def test_another_mapping_is_not_witnessed(folder: Path) -> None:
    write_receipt(issued(card()), folder)
    assert witnessed(card(), "test", "1") is not None
    assert witnessed(card().model_copy(update={"mapping": 2}), "test", "1") is None
    assert witnessed(card(), "train", "1") is None


def test_splits_are_gathered_and_a_changed_one_is_refused(folder: Path) -> None:
    first = issued(card())
    write_receipt(first, folder)
    more = first.model_copy(update={"splits": {"train": first.splits["test"]}})
    write_receipt(more, folder)
    found = receipt_of("checked", folder)
    assert found is not None
    assert set(found.splits) == {"test", "train"}
    changed = first.splits["test"].model_copy(update={"fingerprint": "0" * 64})
    with pytest.raises(UserError, match="gives other samples at the same revision than on 2026-11-24"):
        write_receipt(first.model_copy(update={"splits": {"test": changed}}), folder)
    assert receipt_of("checked", folder) == found


def test_splits_of_two_revisions_are_no_receipt() -> None:
    found = open_splits(card(), ["test"]) | {"train": open_splits(card("two", revision="2"), ["test"])["test"]}
    with pytest.raises(UserError, match=r"the splits of checked are of different revisions \(1, 2\)"):
        issue(card(), found, TODAY)


def test_a_receipt_of_a_new_revision_takes_the_place_of_the_old_one(folder: Path) -> None:
    old = issued(card())
    write_receipt(old.model_copy(update={"splits": {"test": old.splits["test"], "train": old.splits["test"]}}), folder)
    newer = issued(card("two", revision="2"))
    write_receipt(newer, folder)
    assert receipt_of("checked", folder) == newer


def test_a_damaged_receipt_is_said(folder: Path) -> None:
    folder.mkdir()
    (folder / "checked.json").write_text('{"key": "checked"}')
    with pytest.raises(UserError, match=r"checked\.json is no receipt .* write it anew with mmbench verify"):
        receipt_of("checked", folder)


def test_every_committed_receipt_belongs_to_a_card() -> None:
    from mmbench.loaders import all_cards

    keys = {made.key for made in all_cards()}
    for path in receipts.FOLDER.glob("*.json"):
        assert path.stem in keys
        assert receipt_of(path.stem, receipts.FOLDER) is not None
