"""Every card of the catalog, on its synthetic twin: the declared schema goes through download, verification, mapping and loading."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmbench.loaders import DatasetCard, all_cards
from mmbench.loaders.cache import open_splits
from mmbench.loaders.checks import run_checks
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.sources import HubSource, Twinned
from mmbench.loaders.twins import ROWS, twin_card, twin_files
from mmbench.media import read_bytes
from mmbench.samples import FeaturesPart, MediaError, MediaPart, Modality, Part, Sample, TextPart, media_part
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


@pytest.mark.slow
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_fault_planted_into_a_twin_is_found(
    card: DatasetCard, served: LocalHub, tmp_path: Path, open_rows: Callable[..., dict[str, PairedDataset]]
) -> None:
    card = _few(card) if card.source.for_split("") is not card.source else card
    splits = _downloaded(card, served, tmp_path)
    before = run_checks(splits)
    rows = {name: list(split) for name, split in splits.items()}
    planted: dict[str, str] = {}
    for check, plant in (("media-decodes", _cut), ("modality-drop-out", _emptied), ("text-encoding", _damaged)):
        places = [(name, row) for name, found in rows.items() for row in range(len(found))]
        for name, row in places:
            sample = rows[name][row]
            content = plant(sample) if sample.id not in planted.values() else None
            if content is not None:
                rows[name][row] = dataclasses.replace(sample, content=content)
                planted[check] = sample.id
                break
    assert planted
    after = run_checks(open_rows(rows))
    for check, key in planted.items():
        was, now = (next(one for one in report.results if one.check == check) for report in (before, after))
        assert now.n_bad == was.n_bad + 1
        assert set(now.ids) - set(was.ids) == {key}
    new = {one.check for one in after.findings} - {one.check for one in before.findings}
    assert new <= set(planted)


def _cut(sample: Sample) -> tuple[Part, ...] | None:
    """The content with half of its first medium."""
    for number, part in enumerate(sample.content):
        if isinstance(part, MediaPart):
            data = read_bytes(part, sample.id)
            half = media_part(part.modality, part.media_type, data[: len(data) // 2], language=part.language)
            return (*sample.content[:number], half, *sample.content[number + 1 :])
    return None


def _emptied(sample: Sample) -> tuple[Part, ...] | None:
    """The content with zeros for all features."""
    if not any(isinstance(part, FeaturesPart) for part in sample.content):
        return None
    return tuple(
        dataclasses.replace(part, values=np.zeros_like(part.values)) if isinstance(part, FeaturesPart) else part
        for part in sample.content
    )


def _damaged(sample: Sample) -> tuple[Part, ...] | None:
    """The content with a word of UTF-8 that was read as Latin-1 at the end of its first text."""
    for number, part in enumerate(sample.content):
        if isinstance(part, TextPart):
            return (
                *sample.content[:number],
                TextPart(f"{part.text} cafÃ©", part.language),
                *sample.content[number + 1 :],
            )
    return None


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
