"""``mmbench.check`` and ``mmbench.peek``: a dataset by key, folder or as loaded, to a report of its checks or a page of its samples."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mmbench.errors import UserError
from mmbench.files import write_bytes
from mmbench.loaders import all_cards, get_card, load_dataset
from mmbench.loaders.checks import CheckReport, run_checks
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.peek import peek_page
from mmbench.loaders.views import may_show

if TYPE_CHECKING:
    import datasets
    import pandas as pd

    Data: TypeAlias = (
        str
        | Path
        | pd.DataFrame
        | datasets.Dataset
        | datasets.DatasetDict
        | PairedDataset
        | Mapping[str, PairedDataset]
    )

FIRST_CHOICE = "test"


def check(
    data: "Data", *, split: str | None = None, limit: int | None = None, seed: int = 0, progress: bool = True
) -> CheckReport:
    """Check that a dataset's media, texts, ids and splits are whole and belong together.

    Args:
        data: a key of the catalog, a folder or anything else that ``load_dataset`` takes, a split, or a dict of splits.
        split: look at this split only; leakage between splits is then not checked.
        limit: about this many samples of each split: whole groups, seeded. Sizes are then not compared with the card.
        seed: of the limit.
        progress: show a bar (never where standard error is not a terminal).

    Raises:
        UserError: no such dataset or split, or there is nothing to check.
    """
    splits = _splits(data, split, progress=progress)
    if limit is not None:
        splits = {name: one.limited(limit, seed=seed) for name, one in splits.items()}
    if not any(len(one) for one in splits.values()):
        raise UserError(f"There is nothing to check: {_name(data)} holds no samples.")
    return run_checks(splits, partial=limit is not None, progress=progress)


def peek(
    data: "Data", *, split: str | None = None, n: int = 24, seed: int | None = None, out: str | Path | None = None
) -> Path:
    """Write a page of samples, in one file that asks for nothing else.

    Media, answers and meta are shown only where the card says that they may be passed on, or where the data is the user's own.

    Args:
        data: a key of the catalog, a folder or anything else that ``load_dataset`` takes, a split, or a dict of splits.
        split: the split; by default ``test``, or the first where there is none.
        n: how many samples.
        seed: draw them at random; ``None`` takes the first.
        out: the file; ``<key>-<split>.html`` in the current folder by default.

    Returns:
        the page's path.

    Raises:
        UserError: no such dataset or split, or it is empty.
    """
    if isinstance(data, str) and split is None and any(card.key == data for card in all_cards()):
        split = _first_choice(list(get_card(data).splits))  # so that other splits are not fetched
    splits = _splits(data, split, progress=True)
    chosen = splits[split or _first_choice(list(splits))]
    if not len(chosen):
        raise UserError(f"There is nothing to show: {chosen.card.key} {chosen.split} holds no samples.")
    path = Path(f"{chosen.card.key}-{chosen.split}.html" if out is None else out)
    allowed = may_show(chosen.card, [card.key for card in all_cards()])
    sizes = {name: len(one) for name, one in splits.items()}
    write_bytes(path, peek_page(chosen, n=n, seed=seed, allowed=allowed, sizes=sizes).encode())
    return path


def _splits(data: "Data", split: str | None, *, progress: bool) -> dict[str, PairedDataset]:
    if isinstance(data, PairedDataset):
        found = {data.split: data}
    elif isinstance(data, Mapping) and all(isinstance(one, PairedDataset) for one in data.values()):
        found = dict(data)
    elif split is not None:
        return {split: load_dataset(data, split, progress=progress)}
    else:
        found = load_dataset(data, progress=progress)
    if split is not None and split not in found:
        raise UserError(f"{_name(data)} has no split {split!r}: it has {', '.join(found)}.")
    return found if split is None else {split: found[split]}


def _first_choice(splits: list[str]) -> str:
    return FIRST_CHOICE if FIRST_CHOICE in splits else splits[0]


def _name(data: "Data") -> str:
    if isinstance(data, PairedDataset):
        return f"{data.card.key} {data.split}"
    return str(data) if isinstance(data, str | Path) else f"this {type(data).__name__}"
