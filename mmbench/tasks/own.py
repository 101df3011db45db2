"""Tasks on the user's own data: ``retrieval:photos`` and ``retrieval:photos#i2t``, also on a dataset of the catalog."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mmbench.errors import UserError
from mmbench.loaders import DatasetCard, get_card
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import Modality
from mmbench.tasks.base import Task
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask

PREFIX = "retrieval:"
LETTERS: Mapping[str, Modality] = {"i": Modality.IMAGE, "t": Modality.TEXT, "a": Modality.AUDIO}
DIRECTIONS = ("t2i", "i2t", "t2a", "a2t", "a2i", "i2a")
SCORED = ("test", "all", "validation", "train")  # the split that is scored: the first of these that there is


@dataclass(frozen=True, kw_only=True)
class OwnRetrievalTask(RetrievalTask):
    """Retrieval on data that a card was made for; where it lies is in the card's source and in no record."""

    own: DatasetCard

    @property
    def card(self) -> DatasetCard:
        """The card that was made."""
        return self.own

    def load(self, split: str, *, progress: bool = True) -> PairedDataset:
        """A split of the user's data, built into the cache at first use."""
        return open_splits(self.own, [split], progress=progress)[split]


def own_task(key: str, catalog: Mapping[str, Task]) -> Task:
    """The retrieval task that ``retrieval:WHERE[#DIRECTION]`` means.

    ``WHERE`` is the path of a folder or file, or a key of the catalog. Without a direction text is asked for pictures, or where there
    are none, for sounds. The split is ``test`` where there is one, else the whole. A task of the catalog is itself.

    Args:
        key: as typed.
        catalog: tasks by id.

    Raises:
        UserError: nothing is there, an unknown direction, or data that lacks one of its two modalities.
    """
    where, mark, direction = key.removeprefix(PREFIX).rpartition("#")
    if not mark:
        where, direction = direction, ""
    elif direction not in DIRECTIONS:
        raise UserError(
            f"There is no direction {direction!r}: write {PREFIX}{where}#t2i, or one of {', '.join(DIRECTIONS[1:])}."
        )
    if not where:
        raise UserError(f"{key!r} names no data: write {PREFIX}FOLDER, or {PREFIX}FOLDER#i2t.")
    card = get_card(where)
    direction = direction or _direction(card)
    return catalog.get(f"{card.key}.{direction}") or _task(card, direction)


def own_tasks(card: DatasetCard) -> Iterator[OwnRetrievalTask]:
    """Retrieval in both directions between the first two kinds of content that a card has; nothing where it has one."""
    for direction in ("t2i", "t2a", "a2i"):
        if {LETTERS[direction[0]], LETTERS[direction[2]]} <= set(card.modalities):
            yield _task(card, direction)
            yield _task(card, direction[::-1])
            return


def _direction(card: DatasetCard) -> str:
    held = card.modalities
    for direction in ("t2i", "t2a", "a2i"):
        if {LETTERS[direction[0]], LETTERS[direction[2]]} <= set(held):
            return direction
    raise UserError(
        f"{card.title} holds only {', '.join(held) or 'nothing'}: retrieval needs two of text, image and audio; "
        "put captions beside the files."
    )


def _task(card: DatasetCard, direction: str) -> OwnRetrievalTask:
    query, document = Facet(LETTERS[direction[0]]), Facet(LETTERS[direction[2]])
    lacking = [facet.modality for facet in (query, document) if facet.modality not in card.modalities]
    if lacking:
        raise UserError(
            f"{card.title} holds no {lacking[0]}, which {direction} needs: it holds {', '.join(card.modalities)}."
        )
    split = next((name for name in SCORED if name in card.splits), next(iter(card.splits)))
    return OwnRetrievalTask(
        id=f"{card.key}.{direction}",
        title=f"{card.title}, {query.modality} to {document.modality}",
        dataset=card.key,
        split=split,
        train_split="train" if "train" in card.splits and split != "train" else None,
        valid_split="validation" if "validation" in card.splits and split != "validation" else None,
        version=1,
        metric=retrieval_metric(k=(1, 5, 10)),
        primary="hit@10",
        query=query,
        document=document,
        own=card,
    )
