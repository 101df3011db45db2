"""The synthetic twins of catalog sets, each split built once per session, and tasks planned on them."""

from functools import cache
from typing import Any

from mmbench.loaders import DatasetCard, get_card
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.twins import twin_card
from mmbench.tasks import Task
from mmbench.tasks.base import Plan


@cache
def _twin(key: str) -> DatasetCard:
    return twin_card(get_card(key))


@cache
def twin_split(key: str, split: str) -> PairedDataset:
    """A split of the twin of a catalog set."""
    twin = _twin(key)
    if twin.source.for_split("") is twin.source:  # a pickle holds all splits
        return open_splits(twin, list(twin.splits), progress=False)[split]
    return open_splits(twin, [split], progress=False)[split]


def planned(task: Task, **how: Any) -> Plan:
    """A task's plan on the twin of its data."""
    return task.plan(lambda split: twin_split(task.dataset, split), **how)
