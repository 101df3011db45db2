"""Receipts: who checked a set against the real hub, when, and what was found. One JSON file per dataset, committed here."""

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError

from mmbench.errors import UserError
from mmbench.files import write_json
from mmbench.loaders.unknown import Frozen

if TYPE_CHECKING:
    from mmbench.loaders.cards import DatasetCard
    from mmbench.loaders.dataset import PairedDataset

FOLDER = Path(__file__).parent
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SplitReceipt(Frozen):
    """What one split held: its number of samples, the fingerprint over them, and its files' sha256 (or git-sha1) by path."""

    count: int
    fingerprint: Sha256
    files: Mapping[str, str]


class Receipt(Frozen):
    """One check of a dataset against its upstream.

    Attributes:
        key: the dataset.
        date: when, in UTC.
        endpoint: the hub, or the mirror of it, that was asked.
        revision: the upstream state that was fetched.
        mapping: the card's version of the mapping from columns to samples.
        splits: per split what it held.
    """

    receipt: Literal[1] = 1
    key: str
    date: datetime.date
    endpoint: str
    revision: str
    mapping: int
    splits: Mapping[str, SplitReceipt]


def receipt_of(key: str, folder: Path = FOLDER) -> Receipt | None:
    """The committed receipt of a dataset, or ``None``. ``UserError`` where the file is damaged."""
    path = folder / f"{key}.json"
    if not path.exists():
        return None
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(
            f"{path} is no receipt ({error.errors()[0]['msg']}): write it anew with mmbench verify."
        ) from error


def witnessed(card: "DatasetCard", split: str, revision: str) -> str | None:
    """The fingerprint that a receipt holds for this very revision and mapping of a split, or ``None``."""
    receipt = receipt_of(card.key)
    if receipt is None or (receipt.revision, receipt.mapping) != (revision, card.mapping):
        return None
    found = receipt.splits.get(split)
    return None if found is None else found.fingerprint


def issue(card: "DatasetCard", splits: "Mapping[str, PairedDataset]", today: datetime.date) -> Receipt:
    """The receipt of splits that were fetched and built just now."""
    revisions = {dataset.revision for dataset in splits.values()}
    if len(revisions) != 1:
        raise UserError(f"the splits of {card.key} are of different revisions ({', '.join(sorted(revisions))}).")
    return Receipt(
        key=card.key,
        date=today,
        endpoint=os.environ.get("HF_ENDPOINT") or "https://huggingface.co",
        revision=revisions.pop(),
        mapping=card.mapping,
        splits={
            name: SplitReceipt(
                count=len(dataset),
                fingerprint=dataset.fingerprint,
                files=dict(card.source.for_split(name).inputs().files),
            )
            for name, dataset in splits.items()
        },
    )


def write_receipt(receipt: Receipt, folder: Path) -> Path:
    """Write a receipt as ``<key>.json``; splits that an older receipt of the same revision names are kept. Returns the path."""
    older = receipt_of(receipt.key, folder)
    if older is not None and (older.revision, older.mapping) == (receipt.revision, receipt.mapping):
        changed = [
            name
            for name, found in receipt.splits.items()
            if name in older.splits and older.splits[name].fingerprint != found.fingerprint
        ]
        if changed:
            raise UserError(
                f"{receipt.key} {changed[0]} gives other samples at the same revision than on {older.date}: the mapping changed "
                f"without a new `mapping` version on the card, or something is broken; the old receipt was kept."
            )
        receipt = receipt.model_copy(update={"splits": {**older.splits, **receipt.splits}})
    path = folder / f"{receipt.key}.json"
    write_json(path, receipt.model_dump(mode="json"))
    return path
