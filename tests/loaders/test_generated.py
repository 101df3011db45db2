"""Data that mmbench makes itself: the same bytes on every machine, or a refusal."""

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders import all_cards
from mmbench.loaders.cache import open_splits
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.generate.fusion import CLASSES, GRID, SIZES, Bits
from mmbench.loaders.sources import GeneratedSource
from mmbench.samples import FeaturesPart

CARDS = [card for card in all_cards() if isinstance(card.source, GeneratedSource)]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))


def test_there_is_a_set_per_interplay() -> None:
    kinds = ("bilinear", "gated", "lagged", "redundant", "unique", "xor")
    assert [card.key for card in CARDS] == [f"fusion-{kind}" for kind in kinds]
    assert len({print_ for card in CARDS for facts in card.splits.values() for print_ in [facts.fingerprint]}) == 18


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_the_content_is_what_the_card_pins(card: DatasetCard) -> None:
    splits = open_splits(card, list(card.splits))
    for name, rows in splits.items():
        assert (len(rows), rows.fingerprint, rows.evidence) == (
            SIZES[name],
            card.splits[name].fingerprint,
            "pinned-content",
        )
        counts = Counter(rows.targets)
        assert set(counts) <= set(CLASSES)
        assert len(set(counts.values())) == 1  # balanced
    assert splits["test"].revision.startswith(f"{card.key} seed ")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_every_value_lies_on_a_grid_that_float32_holds(card: DatasetCard) -> None:
    twin = dataclasses.replace(card.source, sizes={"test": 50})  # type: ignore[type-var]
    for _, sample in twin.build({}):
        for part in sample.content:
            assert isinstance(part, FeaturesPart)
            assert part.values.dtype == np.float32
            assert (part.values * GRID == np.rint(part.values * GRID)).all()
            assert np.abs(part.values).max() < 16


def test_content_that_differs_is_refused() -> None:
    card = CARDS[0]
    assert isinstance(card.source, GeneratedSource)
    other = dataclasses.replace(card.source, make=CARDS[1].source.make)  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="does not hold the content that its card pins"):
        open_splits(card.model_copy(update={"source": other}), ["test"])


def test_a_split_does_not_depend_on_the_size_of_another() -> None:
    make = CARDS[0].source.make  # type: ignore[attr-defined]
    few = [sample.fingerprint for split, sample in make({"train": 10, "validation": 20, "test": 30}) if split == "test"]
    more = [sample.fingerprint for split, sample in make({"train": 99, "validation": 2, "test": 30}) if split == "test"]
    assert few == more


def test_noise_is_a_sum_of_four_uniform_numbers_of_the_raw_stream() -> None:
    raw = np.random.PCG64([7]).random_raw(3)
    wanted = []
    for word in raw.tolist():
        total = sum(word >> shift & 0xFFFF for shift in (0, 16, 32, 48)) - 2 * 65535
        wanted.append(total * 512 // 75674)
    assert Bits(7).noise(3).tolist() == wanted
    many = Bits(8).noise(200_000) / GRID
    assert abs(many.mean()) < 0.01
    assert many.std() == pytest.approx(1, abs=0.01)


def test_draws_below_a_limit_are_even_and_orders_are_permutations() -> None:
    counts = Counter(Bits(1).below(3, 30_000).tolist())
    assert sorted(counts) == [0, 1, 2]
    assert min(counts.values()) > 9_600
    assert (np.sort(Bits(2).order(5, 9)) == np.arange(9)).all()
