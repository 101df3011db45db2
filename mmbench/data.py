"""Getting data and vouching for it: download splits, say what a download would cost, bring own files, verify against the hub."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmbench.errors import UserError
from mmbench.loaders import all_cards, get_card
from mmbench.loaders.cache import open_splits
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.hub.layout import check_repo
from mmbench.loaders.receipts import Receipt, issue, write_receipt
from mmbench.loaders.sources import Brought, Remote
from mmbench.scaffold import make_folder, module_of, write_module

FORMATS = ("parquet", "webdataset")


@dataclass(frozen=True, slots=True)
class Cost:
    """What downloading one split would fetch.

    Attributes:
        split: its name.
        files: how many files are missing here.
        bytes: their size together.
    """

    split: str
    files: int
    bytes: int


def download(
    key: str,
    split: str | None = None,
    *,
    format: str = "parquet",  # noqa: A002  (the name in the command line and in `pandas`)
    to: str | Path | None = None,
    drop_raw: bool = False,
    progress: bool = True,
) -> list[Path]:
    """Fetch and check a dataset's splits; with ``to``, write them there.

    Args:
        key: a dataset.
        split: one split; all by default.
        format: ``parquet`` (one file per split) or ``webdataset`` (tar shards).
        to: a folder; ``None`` only fills the cache.
        drop_raw: delete the fetched files that the built rows do not refer to.
        progress: show bars.

    Returns:
        the files written.

    Raises:
        UserError: an unknown dataset, split or format; a download that fails; content that is not what the card pins.
    """
    if format not in FORMATS:
        raise UserError(f"There is no format {format!r}: choose {' or '.join(FORMATS)}.")
    if to is not None:
        make_folder(Path(to))
    written: list[Path] = []
    for name, dataset in splits_of(get_card(key), split, progress=progress).items():
        if drop_raw:
            _drop(dataset.card, name)
        if to is not None:
            folder = Path(to)
            written += (
                [dataset.to_parquet(folder / f"{name}.parquet")]
                if format == "parquet"
                else dataset.to_webdataset(folder)
            )
    return written


def splits_of(card: DatasetCard, split: str | None, *, progress: bool = True) -> dict[str, PairedDataset]:
    """The splits of a card by name: all of them, or the one named."""
    return open_splits(card, list(card.splits) if split is None else [split], progress=progress)


def download_cost(key: str, split: str | None = None) -> list[Cost]:
    """Per split what ``download`` would fetch; the hub is asked for the list of files, and nothing else is fetched."""
    card = get_card(key)
    costs = []
    for name in _names(card, split):
        source = card.source.for_split(name)
        missing = source.missing() if isinstance(source, Remote) else {}
        costs.append(Cost(name, len(missing), sum(missing.values())))
    return costs


def verify(
    key: str,
    splits: Sequence[str] = (),
    *,
    folder: str | Path = "receipts",
    drop_raw: bool = False,
    progress: bool = True,
) -> tuple[Receipt, Path]:
    """Fetch splits from their upstream, hash every file, build the rows, compare them with the card, and write a receipt.

    Args:
        key: a dataset.
        splits: which; all by default.
        folder: where ``<key>.json`` is written, to be committed under ``loaders/receipts``.
        drop_raw: delete the fetched files when the receipt is written.
        progress: show bars.

    Returns:
        the receipt and its path.

    Raises:
        UserError: whatever is not as the card says.
    """
    card = get_card(key)
    wanted = list(splits) or list(card.splits)
    make_folder(Path(folder))
    built = open_splits(card, wanted, progress=progress)
    receipt = issue(card, built, datetime.datetime.now(datetime.UTC).date())
    path = write_receipt(receipt, Path(folder))
    for name in wanted if drop_raw else ():
        _drop(card, name)
    return receipt, path


def verifiable() -> list[str]:
    """The datasets that anybody can verify: those on the hub with open access."""
    return [card.key for card in all_cards() if isinstance(card.source, Remote) and card.access == "open"]


def bring(key: str, file: str | Path) -> Path:
    """Copy a file that the user has to where its dataset looks for it, checked; returns the new path.

    Raises:
        UserError: a dataset that needs no file from the user, or another file than the card names.
    """
    source = get_card(key).source
    if not isinstance(source, Brought):
        raise UserError(f"{key} needs no file of yours: run mmbench download {key}.")
    return source.bring(Path(file))


def new_card(name: str, repo: str, folder: str | Path) -> tuple[Path, Path]:
    """Write a card and a test of its twin, which run as they are; returns their paths.

    Raises:
        UserError: a name that is no key or no module, a repository that is none, a file that exists, a folder that cannot be made.
    """
    module = module_of(name, "card", "my-photos")
    check_repo(repo)
    words = {"KEY": name, "REPO": repo, "MODULE": module}
    return write_module(Path(folder), module, ("card.py.txt", "test_card.py.txt"), words, "card")


def _names(card: DatasetCard, split: str | None) -> list[str]:
    if split is not None and split not in card.splits:
        raise UserError(f"{card.key} has no split {split!r}: it has {', '.join(card.splits)}.")
    return list(card.splits) if split is None else [split]


def _drop(card: DatasetCard, split: str) -> None:
    source = card.source.for_split(split)
    if isinstance(source, Remote):
        source.drop()
