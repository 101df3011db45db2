"""Dataset cards and standardized splits: ``load_dataset("openmoji", split="test")``."""

if __name__ != "mmbench.loaders":
    raise ImportError("the folder loaders/ is imported as mmbench.loaders")

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from mmbench.discovery import collect, named
from mmbench.errors import UserError, unknown_key
from mmbench.loaders.cards import DatasetCard

if TYPE_CHECKING:
    import datasets
    import pandas as pd

    from mmbench.loaders.dataset import PairedDataset
    from mmbench.loaders.own.card import card_of, from_datasets, from_frame

    Own: TypeAlias = Path | pd.DataFrame | datasets.Dataset | datasets.DatasetDict

__all__ = [
    "DatasetCard",
    "all_cards",
    "card_of",
    "from_datasets",
    "from_frame",
    "get_card",
    "is_import",
    "is_path",
    "load_dataset",
]


@cache
def _catalog() -> dict[str, DatasetCard]:
    cards = {card.key: card for card in collect("mmbench.loaders.catalog", DatasetCard)}
    return dict(sorted(cards.items()))


def all_cards() -> list[DatasetCard]:
    """Every card of the catalog, sorted by key."""
    return list(_catalog().values())


def is_path(key: object) -> bool:
    """Whether this means the user's own folder or file: it is spelled like a path, or is there and is no key of the catalog.

    A key wins over a folder of the same name in the current folder: write ``./openmoji`` for the folder.
    """
    if isinstance(key, Path):
        return True
    if not isinstance(key, str) or key in _catalog():
        return False
    spelled = key.startswith((".", "~")) or any(mark in key for mark in ("/", os.sep, os.altsep or "/"))
    return bool(key) and (spelled or os.path.exists(key))  # noqa: PTH110  (Path.exists raises where the name is too long)


def is_import(key: str) -> bool:
    """Whether this has the form ``package.module:CARD``."""
    return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", key) is not None


def get_card(key: "str | Own") -> DatasetCard:
    """The card with this key, the user's card at ``package.module:CARD``, or one made for the user's own data.

    Own data are a folder, a file, a pandas frame or a ``datasets`` object.
    A key wins over a folder of its name: write ``./openmoji`` for the folder.

    Raises:
        UserError: nothing has this key (names the nearest), or the folder cannot be read (see ``mmbench.loaders.own.card``).
    """
    if isinstance(key, str) and key in _catalog():
        return _catalog()[key]
    if not isinstance(key, str) or is_path(key):
        from mmbench.loaders.own.card import card_of

        return card_of(key, taken=_catalog())
    if is_import(key):
        return _imported(key)
    wrong = unknown_key("dataset", key, list(_catalog()))
    raise UserError(f"{wrong} Nor is there a folder or file {key} here.")


def _imported(path: str) -> DatasetCard:
    """A card of the user's own, as ``package.module:CARD``."""
    try:
        found = named(path)
    except ImportError as error:
        raise UserError(
            f"The dataset {path!r} cannot be imported: {error}. A card of your own is package.module:CARD."
        ) from error
    if not isinstance(found, DatasetCard):
        raise UserError(f"{path!r} is no DatasetCard: `mmbench datasets new` writes one to begin with.")
    return found


def __getattr__(name: str) -> Any:
    if name in {"card_of", "from_datasets", "from_frame"}:
        from mmbench.loaders.own import card

        return getattr(card, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@overload
def load_dataset(key: "str | Own", split: str, *, progress: bool = ...) -> "PairedDataset": ...
@overload
def load_dataset(key: "str | Own", split: None = None, *, progress: bool = ...) -> "dict[str, PairedDataset]": ...
def load_dataset(
    key: "str | Own", split: str | None = None, *, progress: bool = True
) -> "PairedDataset | dict[str, PairedDataset]":
    """One standardized split, or all of them by name; built into the cache at first use.

    Args:
        key: a key of the catalog (``mmbench list datasets``), or the user's own data: the path of a folder or file, a pandas frame,
            a ``datasets`` object. A key wins over a folder of its name: write ``./openmoji`` for the folder.
        split: a split of its card; ``None`` for a dict of all.
        progress: show a bar while building (never where standard error is not a terminal).

    Raises:
        UserError: no such dataset or split, its package is missing, its content is not what the card pins, or the user's own
            folder holds nothing known, names absent files or has rows that cannot be read.
    """
    from mmbench.loaders.cache import open_splits

    card = get_card(key)
    found = open_splits(card, list(card.splits) if split is None else [split], progress=progress)
    return found if split is None else found[split]
