"""Dataset cards and standardized splits: ``load_dataset("openmoji", split="test")``."""

if __name__ != "mmbench.loaders":
    raise ImportError("the folder loaders/ is imported as mmbench.loaders")

from functools import cache
from typing import TYPE_CHECKING, overload

from mmbench.discovery import collect
from mmbench.errors import unknown_key
from mmbench.loaders.cards import DatasetCard

if TYPE_CHECKING:
    from mmbench.loaders.dataset import PairedDataset

__all__ = ["DatasetCard", "all_cards", "get_card", "load_dataset"]


@cache
def _catalog() -> dict[str, DatasetCard]:
    cards = {card.key: card for card in collect("mmbench.loaders.catalog", DatasetCard)}
    return dict(sorted(cards.items()))


def all_cards() -> list[DatasetCard]:
    """Every card of the catalog, sorted by key."""
    return list(_catalog().values())


def get_card(key: str) -> DatasetCard:
    """The card with this key. ``UserError`` names the nearest keys that exist."""
    try:
        return _catalog()[key]
    except KeyError:
        raise unknown_key("dataset", key, list(_catalog())) from None


@overload
def load_dataset(key: str, split: str, *, progress: bool = ...) -> "PairedDataset": ...
@overload
def load_dataset(key: str, split: None = None, *, progress: bool = ...) -> "dict[str, PairedDataset]": ...
def load_dataset(
    key: str, split: str | None = None, *, progress: bool = True
) -> "PairedDataset | dict[str, PairedDataset]":
    """One standardized split, or all of them by name; built into the cache at first use.

    Args:
        key: a key of the catalog (``mmbench list datasets``).
        split: a split of its card; ``None`` for a dict of all.
        progress: show a bar while building (never where standard error is not a terminal).

    Raises:
        UserError: no such dataset or split, its package is missing, or its content is not what the card pins.
    """
    from mmbench.loaders.cache import open_splits

    card = get_card(key)
    found = open_splits(card, list(card.splits) if split is None else [split], progress=progress)
    return found if split is None else found[split]
