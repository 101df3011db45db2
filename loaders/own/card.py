"""A card for the user's own data: ``card_of("photos")``, and splits of frames by ``from_frame`` and ``from_datasets``."""

import hashlib
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.errors import UserError
from mmbench.files import digest
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts, TaskKind
from mmbench.loaders.dataset import PairedDataset, fingerprint_of
from mmbench.loaders.own.folder import listed
from mmbench.loaders.own.frames import Rows, datasets_rows, frame_rows
from mmbench.loaders.own.reading import Content, open_content, survey
from mmbench.loaders.own.records import refuse_doubled
from mmbench.loaders.own.survey import Survey
from mmbench.loaders.sources.base import Source
from mmbench.loaders.sources.folder import READER, FolderSource, FrameSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

if TYPE_CHECKING:
    import datasets
    import pandas as pd

OWN = Unknown(reason="the user's own data")
SPLIT_ORDER = ("train", "validation", "test")


def card_of(
    where: "str | Path | pd.DataFrame | datasets.Dataset | datasets.DatasetDict",
    *,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    taken: Collection[str] = (),
) -> DatasetCard:
    """A card for a folder, a file, a pandas frame or a ``datasets`` object.

    Args:
        where: a folder in any of the known layouts; one table, Parquet file or tar; a frame; a ``Dataset`` or ``DatasetDict``.
        name: what the data is called; by default the folder's name, or ``frame``.
        columns: upstream column to its role (``{"bild": "image", "satz": "caption"}``), where names do not tell.
        taken: keys that the card may not have, since a published dataset has them: ``-own`` is then added.

    Returns:
        a card whose splits are counted; what nobody can know is ``Unknown``. The key is the name in small ASCII letters, digits and ``-``.

    Raises:
        UserError: nothing is there, nothing known is in it, or rows that cannot be read, name absent files or share an id.
    """
    given = dict(columns or {})
    if isinstance(where, str | Path):
        root, only = _place(where)
        content = open_content(root, only, given)
        title = name or _title(where, only)
        return _card(title, survey(content), FolderSource(root, only, given), given, _issues(content), taken)
    rows = datasets_rows(where, given) if type(where).__module__.startswith("datasets") else _pandas_rows(where, given)
    found, revision = _digested(rows, given)
    return _card(name or "frame", found, FrameSource(rows, revision), given, (), taken)


def from_frame(
    frame: "pd.DataFrame", *, columns: Mapping[str, str] | None = None, name: str = "frame", split: str | None = None
) -> PairedDataset:
    """A pandas frame as a standardized split: one sample per row, media copied once into the cache.

    Args:
        frame: pictures and sounds as bytes, Pillow images, ``{"bytes", "path"}`` or paths of files; captions, answers, ids … beside them.
        columns: column to its role, where names do not tell.
        name: what the data is called.
        split: which one, where a column ``split`` names several.

    Raises:
        UserError: rows that cannot be read, ids that come twice, several splits and none chosen.
    """
    return _only_split(card_of(frame, name=name, columns=columns), split)


def from_datasets(
    found: "datasets.Dataset | datasets.DatasetDict",
    *,
    columns: Mapping[str, str] | None = None,
    name: str = "frame",
    split: str | None = None,
) -> PairedDataset:
    """A ``datasets`` object as a standardized split; nothing is decoded by ``datasets``. Otherwise as ``from_frame``."""
    return _only_split(card_of(found, name=name, columns=columns), split)


def slug(title: str) -> str:
    """A title as a key: ``my-photos`` of ``My Photos``; a digest where it has no ASCII letters or digits."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return (
        found[:60].strip("-") or f"own-{hashlib.sha256(unicodedata.normalize('NFC', title).encode()).hexdigest()[:8]}"
    )


def _place(where: str | Path) -> tuple[Path, str | None]:
    path = Path(where).expanduser()
    if not os.path.exists(path):  # noqa: PTH110  (Path.exists raises where the name is too long)
        raise UserError(f"There is no folder or file {str(where)!r}: check the path.")
    found = path.resolve()
    return (found, None) if found.is_dir() else (found.parent, found.name)


def _title(where: str | Path, only: str | None) -> str:
    path = Path(os.path.abspath(Path(where).expanduser()))  # noqa: PTH100  (not resolved: a link's own name is the user's)
    return path.name if only is None else f"{path.parent.name} {path.stem}"


def _pandas_rows(where: Any, given: Mapping[str, str]) -> Rows:
    if not hasattr(where, "itertuples"):
        raise UserError(
            f"A {type(where).__name__} is no dataset: give a key, a path, a pandas frame, or a Dataset or DatasetDict of `datasets`."
        )
    return frame_rows(where, given)


def _digested(rows: Rows, given: Mapping[str, str]) -> tuple[Survey, str]:
    """One pass over rows: what they are, and a digest of them."""
    found = Survey()
    prints: defaultdict[str, list[str]] = defaultdict(list)
    ids: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for split, sample in found.watch(rows()):
        prints[split].append(sample.fingerprint)
        ids[split][sample.id] += 1
    refuse_doubled(ids)
    if not found.counts:
        raise UserError("The rows are none: there is nothing to make a dataset of.")
    splits = {split: fingerprint_of(values) for split, values in prints.items()}
    return found, f"sha256:{digest([READER, splits, dict(given)])}"


def _card(
    title: str,
    found: Survey,
    source: Source,
    columns: Mapping[str, str],
    issues: tuple[Issue, ...],
    taken: Collection[str],
) -> DatasetCard:
    key = slug(title)
    if not found.counts:
        raise UserError(f"{title} holds no samples: its tables have no rows.")
    order = [*(split for split in SPLIT_ORDER if split in found.counts), *sorted(set(found.counts) - set(SPLIT_ORDER))]
    return DatasetCard(
        key=f"{key}-own" if key in taken else key,
        title=title,
        summary="The user's own data.",
        task_kinds=_kinds(found.modalities),
        modalities=tuple(modality for modality in Modality if modality in found.modalities),
        languages=tuple(sorted(found.languages)),
        splits={
            split: SplitFacts(count=found.counts[split], fingerprint=OWN, protocol="as the user laid it out")
            for split in order
        },
        columns=dict(columns),
        source=source,
        licence=OWN,
        access="user-file",
        labels_public=OWN,
        redistributable=False,
        download_bytes=0,
        citation="none: the user's own data",
        homepage="none",
        known_issues=issues,
        evidence={},
    )


def _kinds(modalities: set[Modality]) -> tuple[TaskKind, ...]:
    return ("retrieval",) if len(modalities & {Modality.IMAGE, Modality.TEXT, Modality.AUDIO}) > 1 else ()


def _issues(content: Content) -> tuple[Issue, ...]:
    left = content.left_alone
    if not left:
        return ()
    summary = f"files that are no part of the data ({listed(left)})"
    return (Issue(summary=summary, count=len(left), handling="They are left alone."),)


def _only_split(card: DatasetCard, split: str | None) -> PairedDataset:
    from mmbench.loaders.cache import open_splits

    if split is None and len(card.splits) > 1:
        raise UserError(
            f"{card.title} has the splits {', '.join(card.splits)}: choose one with split=, or load_dataset() for all."
        )
    wanted = split if split is not None else next(iter(card.splits))
    return open_splits(card, [wanted])[wanted]
