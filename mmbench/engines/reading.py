"""The items of a stage batch by batch, the next batch made and its media decoded in threads while the model works on this one."""

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from mmbench.media import Early, decode_early, forget
from mmbench.models import LoadedModel
from mmbench.samples import MediaError, MediaPart, Modality, Request, Sample
from mmbench.tasks.base import Stage

THREADS = min(4, os.cpu_count() or 1)
DECODED = frozenset({Modality.IMAGE, Modality.AUDIO})


@dataclass(frozen=True, slots=True)
class Batch:
    """Some items of a stage as the model is shown them.

    Attributes:
        wanted: their places in the stage.
        items: samples, pairs or requests; a ``MediaError`` in the place of one that cannot be made.
    """

    wanted: Sequence[int]
    items: Sequence[Any]


def read(model: LoadedModel, stage: Stage, wanted: Sequence[int]) -> Batch:
    """The items at some places of a stage."""
    return Batch(wanted, [_made(model, stage, index) for index in wanted])


def read_ahead(
    model: LoadedModel, stage: Stage, plan: Sequence[Sequence[int]], threads: int = THREADS
) -> Generator[Batch, None, None]:
    """One batch after another, as ``read`` gives them.

    With ``threads`` the next batch is made while this one is used, and its media are decoded (``mmbench.media.decode_early``) until it
    turns out that the model does not decode through ``mmbench.media``.
    """
    if threads < 1 or not plan or not (stage.modalities & model.card.modalities & DECODED):
        yield from (read(model, stage, wanted) for wanted in plan)
        return
    pool = ThreadPoolExecutor(threads, "mmbench-decode")
    early: list[Early] = []
    coming = pool.submit(_begun, model, stage, plan[0], pool)
    try:
        decoded_here = True
        for following in (*plan[1:], None):
            batch, early = coming.result()
            if following is not None:
                coming = pool.submit(_begun, model, stage, following, pool if decoded_here else None)
            yield batch
            _let_go(early)
            decoded_here = decoded_here and (not early or any(one.taken for one in early))
    finally:
        pool.shutdown(cancel_futures=True)
        _let_go(early)
        if not coming.cancelled() and coming.exception() is None:
            _let_go(coming.result()[1])


def shown(sample: Sample, model: LoadedModel) -> Sample:
    """A floor model that takes fewer modalities than the task shows sees only those."""
    if sample.modalities <= model.card.modalities:
        return sample
    return sample.view(model.card.modalities & frozenset(Modality), target=True)


def _begun(
    model: LoadedModel, stage: Stage, wanted: Sequence[int], pool: ThreadPoolExecutor | None
) -> tuple[Batch, list[Early]]:
    batch = read(model, stage, wanted)
    if pool is None:
        return batch, []
    begun = (decode_early(part, key, pool) for item in batch.items for key, part in _media(item))
    return batch, [early for early in begun if early is not None]


def _let_go(early: Sequence[Early]) -> None:
    for one in early:
        forget(one)


def _made(model: LoadedModel, stage: Stage, index: int) -> Any:
    try:
        item = stage.items[index]
    except MediaError as error:  # a task that changes media decodes them
        return error
    if isinstance(item, Request):
        return shown_request(item, model)
    return (shown(item[0], model), shown(item[1], model)) if isinstance(item, tuple) else shown(item, model)


def shown_request(request: Request, model: LoadedModel) -> Request:
    """A request with only those parts that the model takes."""
    if all(part.modality in model.card.modalities for message in request.messages for part in message.content):
        return request
    messages = tuple(
        replace(message, content=tuple(part for part in message.content if part.modality in model.card.modalities))
        for message in request.messages
    )
    return replace(request, messages=messages)


def _media(item: Any) -> Iterator[tuple[str, MediaPart]]:
    """The undecoded media of an item, with the id of the sample that they belong to."""
    if isinstance(item, MediaError):
        return
    if isinstance(item, Request):
        held = [(item.sample_id, message.content) for message in item.messages]
    else:
        held = [(sample.id, sample.content) for sample in (item if isinstance(item, tuple) else (item,))]
    yield from ((key, part) for key, content in held for part in content if isinstance(part, MediaPart))
