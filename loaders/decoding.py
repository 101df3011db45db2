"""Decoded content of a split in its order: in this process, or in the background by processes that hand pixels over in shared memory."""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.media import decode_audio, decode_image
from mmbench.samples import MediaError, MediaPart, Modality, Sample

BLOCK = 16  # samples that a worker decodes at a time
AHEAD = 3  # blocks per worker that wait to be taken
Decoded: TypeAlias = NDArray[Any] | tuple[NDArray[np.float32], int] | MediaError


@dataclass(frozen=True, slots=True, eq=False)
class DecodedSample:
    """A sample and its decoded media.

    Attributes:
        sample: as it stands in the split.
        media: one per media part, in order: pictures as uint8 ``(height, width, 3)``, sounds as float32 ``(channels, time)`` in [-1, 1]
            with their rate in Hz, or the ``MediaError`` that says why there is none.
    """

    sample: Sample
    media: tuple[Decoded, ...]


def decoded(samples: Sequence[Sample], *, workers: int = 0) -> Iterator[DecodedSample]:
    """Every sample with its media decoded, in order; one that cannot be decoded is an error beside its id, never the end.

    Args:
        samples: a split, or any sequence that pickles.
        workers: processes that decode in the background; 0 decodes here.
    """
    if workers == 0:
        yield from (DecodedSample(sample, _media(sample)) for sample in samples)
        return
    pool = _pool(workers)
    waiting: deque[tuple[Sequence[Sample], Future[Block]]] = deque()
    try:
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            waiting.append((block, pool.submit(_block, block)))
            if len(waiting) > AHEAD * workers:
                yield from _taken(*waiting.popleft())
        while waiting:
            yield from _taken(*waiting.popleft())
    finally:
        for _, future in waiting:  # the caller stopped early
            if not future.cancel():
                future.result().free()


@cache
def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that stay, since starting one costs as much as some hundred pictures."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))  # a fork would inherit Arrow's locks


@dataclass(frozen=True, slots=True)
class Array:
    """Where an array lies in a block's memory."""

    offset: int
    shape: tuple[int, ...]
    dtype: str
    rate: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """What a worker hands over: the name of its shared memory, and per sample its arrays or errors."""

    memory: str | None
    media: tuple[tuple[Array | MediaError, ...], ...]

    def free(self) -> None:
        """Give the memory back."""
        if self.memory is not None:
            memory = SharedMemory(self.memory)
            memory.close()
            memory.unlink()


def _block(samples: Sequence[Sample]) -> Block:
    """Runs in a worker: decode a few samples into shared memory."""
    found = [_media(sample) for sample in samples]
    total = sum(_array_of(item).nbytes for media in found for item in media if not isinstance(item, MediaError))
    if total == 0:
        return Block(None, tuple(tuple(item for item in media if isinstance(item, MediaError)) for media in found))
    memory = SharedMemory(create=True, size=total)
    offset = 0

    def place(item: Decoded) -> Array | MediaError:
        nonlocal offset
        if isinstance(item, MediaError):
            return item
        array = _array_of(item)
        _view(memory, offset, array.shape, array.dtype.str)[...] = array
        placed = Array(offset, array.shape, array.dtype.str, item[1] if isinstance(item, tuple) else None)
        offset += array.nbytes
        return placed

    block = Block(memory.name, tuple(tuple(place(item) for item in media) for media in found))
    memory.close()
    return block


def _taken(samples: Sequence[Sample], future: "Future[Block]") -> Iterator[DecodedSample]:
    block = future.result()
    if block.memory is None:
        rows: list[tuple[Decoded, ...]] = [
            tuple(item for item in media if isinstance(item, MediaError)) for media in block.media
        ]
    else:
        memory = SharedMemory(block.memory)
        rows = [tuple(_copied(memory, item) for item in media) for media in block.media]
        memory.close()
        memory.unlink()
    for sample, row in zip(samples, rows, strict=True):
        yield DecodedSample(sample, row)


def _copied(memory: SharedMemory, place: Array | MediaError) -> Decoded:
    if isinstance(place, MediaError):
        return place
    array = _view(memory, place.offset, place.shape, place.dtype).copy()
    return array if place.rate is None else (array, place.rate)


def _view(memory: SharedMemory, offset: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    return np.ndarray(shape, dtype=dtype, buffer=memory.buf, offset=offset)


def _array_of(item: Decoded) -> NDArray[Any]:
    if isinstance(item, MediaError):
        raise TypeError("an error has no array")
    return item[0] if isinstance(item, tuple) else item


def _media(sample: Sample) -> tuple[Decoded, ...]:
    return tuple(_decode(part, sample.id) for part in sample.content if isinstance(part, MediaPart))


def _decode(part: MediaPart, sample_id: str) -> Decoded:
    try:
        if part.modality is Modality.IMAGE:
            return np.asarray(decode_image(part, sample_id))
        return decode_audio(part, sample_id)
    except MediaError as error:
        return error
