"""Every card of the catalog, on its synthetic twin: the declared schema goes through download, verification, mapping and loading."""

import dataclasses
import json
from pathlib import Path

import pytest

from mmbench.loaders import DatasetCard, all_cards
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.sources import HubSource, Twinned
from mmbench.loaders.twins import ROWS, twin_card, twin_files
from mmbench.samples import MediaError, Modality, TextPart
from tests.hub.server import LocalHub

CARDS = [card for card in all_cards() if isinstance(card.source, Twinned)]
SPLITS = 2  # of sets with a split per language all are alike


def _few(card: DatasetCard) -> DatasetCard:
    return card.model_copy(update={"splits": dict(list(card.splits.items())[:SPLITS])})


@pytest.fixture
def served(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHub:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MMBENCH_LOCK", str(tmp_path / "mmbench.lock"))
    return hub


def _downloaded(card: DatasetCard, hub: LocalHub, tmp_path: Path) -> dict[str, PairedDataset]:
    """The twin by the card's own way: from the hub on loopback, where it is a set on the hub."""
    twin = twin_card(card, tmp_path / "twin")
    if isinstance(card.source, HubSource):
        sha = hub.commit(card.source.repo, dict(twin_files(card.source, list(card.splits))))
        pinned = isinstance(card.source.revision, str)
        source = dataclasses.replace(card.source, revision=sha if pinned else card.source.revision)
        twin = twin.model_copy(update={"source": source})
    return open_splits(twin, list(twin.splits))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_twin_goes_the_whole_way(card: DatasetCard, served: LocalHub, tmp_path: Path) -> None:
    card = _few(card) if card.source.for_split("") is not card.source else card  # a pickle holds all splits
    splits = _downloaded(card, served, tmp_path)
    assert list(splits) == list(card.splits)
    for split in splits.values():
        assert len(split) > 0
        assert len(set(split.ids)) == len(split)
        if isinstance(card.source, HubSource):
            assert split.evidence == ("transport-verified" if isinstance(card.source.revision, str) else "locked")
            assert split.revision.startswith(f"{card.source.repo}@")
        modalities: set[Modality] = set()
        languages: set[str | None] = set()
        for found in split.decoded():
            assert not [item for item in found.media if isinstance(item, MediaError)]
            modalities |= found.sample.modalities
            languages |= {part.language for part in found.sample.content if isinstance(part, TextPart)}
            json.dumps([found.sample.target, dict(found.sample.meta)], allow_nan=False)
            assert all(isinstance(option, str) and option for option in found.sample.options)
        assert modalities <= set(card.modalities)
        assert {str(one) for one in languages if one is not None} <= set(card.languages)
    rows = [sample for split in splits.values() for sample in split]
    held = {modality for sample in rows for modality in sample.modalities}
    assert held | ({Modality.TEXT} if any(sample.options for sample in rows) else set()) == set(card.modalities)


def test_a_twin_has_the_same_bytes_every_time() -> None:
    source = next(card.source for card in CARDS if card.key == "flickr30k")
    assert isinstance(source, HubSource)
    assert twin_files(source, ["test"]) == twin_files(source, ["test"])


def test_a_twin_has_a_row_per_row() -> None:
    card = next(card for card in CARDS if card.key == "chartqa")
    assert isinstance(card.source, HubSource)
    assert Modality.IMAGE in card.modalities
    assert len(twin_files(card.source, ["test"])) == 2  # one table, and the README that declares it
    assert ROWS > 2


def test_the_real_count_refuses_a_twin(served: LocalHub, tmp_path: Path) -> None:
    from mmbench.errors import UserError

    card = next(card for card in CARDS if card.key == "flickr30k")
    assert isinstance(card.source, HubSource)
    sha = served.commit(card.source.repo, dict(twin_files(card.source, ["test"])))
    real = card.model_copy(update={"source": dataclasses.replace(card.source, revision=sha)})
    with pytest.raises(
        UserError, match=r"flickr30k test came out with 8 samples where its card says 1,000: .* report it"
    ):
        open_splits(real, ["test"])
