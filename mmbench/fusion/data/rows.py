"""The rows of a task fold by fold: what a model that learns is given and what it is asked, with targets and what is known beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

from mmbench.errors import UserError
from mmbench.fusion.data.problems import WORKING
from mmbench.samples import FeaturesPart, MediaError, Part, Request, Sample, TextPart
from mmbench.tasks.base import Ask, Lazy, Load, Task, clusters_of

SPLITS = ("train", "valid", "test")
Beside: TypeAlias = Mapping[str, tuple[str, Mapping[str, Any]]]  # an id to its cluster and its meta


@dataclass(frozen=True, slots=True)
class Rows:
    """A split of a fold.

    Attributes:
        samples: as a model is shown them, with their targets; where answers are written the texts of a turn are one part.
        beside: what the split of the dataset knows of each id.
    """

    samples: Sequence[Sample] = field(repr=False)
    beside: Beside = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fold:
    """What one fit learns from, chooses by and is asked: the rows of ``train``, ``valid`` and ``test``."""

    name: str
    splits: Mapping[str, Rows] = field(repr=False)


def folds_of(task: Task, load: Load, ask: Ask, limit: int | None) -> Iterator[Fold]:
    """One fold after another, so that what was read of one can be let go before the next.

    Raises:
        UserError: labels are hidden, a fit serves several stages, or there is nothing to learn from.
    """
    plan = task.plan(load, privileged=True, limit=limit, ask=ask)
    if plan.hidden:
        raise UserError(f"The labels of {task.dataset} {task.split} are hidden, so nothing can be compared: {WORKING}")
    names = origins(task)
    beside = cache(lambda split: _beside(load, split))
    for phase in plan.phases:
        if len(phase.stages) != 1:
            raise UserError(
                f"{task.id} asks {len(phase.stages)} stages of one fit, and fusion methods answer one: {WORKING}"
            )
        stage = phase.stages[0]
        shown: dict[str, Sequence[Any]] = {**dict(zip(SPLITS, phase.training(), strict=False)), "test": stage.items}
        for split, items in shown.items():
            if len(items) == 0:
                raise UserError(
                    f"{task.id} has no {split} rows, and fusion methods learn, choose and answer: {WORKING}"
                )
        yield Fold(
            phase.name, {split: Rows(_samples(items, ask), beside(names[split])) for split, items in shown.items()}
        )


def origins(task: Task) -> dict[str, str]:
    """Which splits of the dataset train, valid and test come from; of a task with folds it is one."""
    return {"train": task.train_split or task.split, "valid": task.valid_split or task.split, "test": task.split}


def parts_of(sample: Sample) -> dict[str, Part]:
    """The parts of a sample by the name of their modality; features go before raw content of their name.

    Raises:
        UserError: several parts have one name.
    """
    features = {part.name for part in sample.content if isinstance(part, FeaturesPart)}
    found: dict[str, Part] = {}
    for part in sample.content:
        name = part.name if isinstance(part, FeaturesPart) else str(part.modality)
        if name in features and not isinstance(part, FeaturesPart):
            continue
        if name in found:
            raise UserError(
                f"Sample {sample.id!r} shows more than one part named {name!r}, and fusion methods take one of each: "
                "choose a task that shows one."
            )
        found[name] = part
    return found


def text_of(sample: Sample) -> str:
    """All text that the sample shows, a line per part; empty where it shows none."""
    return "\n".join(part.text for part in sample.content if isinstance(part, TextPart))


def _samples(items: Sequence[Any], ask: Ask) -> Sequence[Sample]:
    """The items as samples, made when they are asked for."""

    def make(index: int) -> Sample:
        try:
            item = items[index]
        except MediaError as error:  # a modifier could not decode what it changes
            raise UserError(f"{error}: fusion methods need every sample; leave the modifier out.") from error
        return _turn(item) if ask == "generate" else item

    return Lazy(len(items), make)


def _turn(item: Request | Sample) -> Sample:
    """The last turn as a sample, its texts made one part, as a reader would read them."""
    if isinstance(item, Request):
        item = Sample(item.sample_id, item.messages[-1].content, item.options, item.target)
    texts = [part for part in item.content if isinstance(part, TextPart)]
    if len(texts) < 2:
        return item
    one = replace(texts[0], text=text_of(item))
    return replace(
        item, content=tuple(one if part is texts[0] else part for part in item.content if part not in texts[1:])
    )


def _beside(load: Load, split: str) -> Beside:
    dataset = load(split)
    labelled = zip(dataset.ids, clusters_of(dataset), dataset.labels(), strict=True)
    return {key: (cluster, sample.meta) for key, cluster, sample in labelled}
