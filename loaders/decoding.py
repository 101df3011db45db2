"""Decoded content of a split in its order: in this process, or in the background by processes that hand pixels over in shared memory."""

import atexit
import itertools
import math
import mmap
import multiprocessing
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.media import decode_audio, decode_image
from mmbench.samples import MediaError, MediaPart, Modality, Sample

BLOCK = 32  # samples that a worker decodes at a time
AHEAD = 2  # blocks per worker that wait to be taken
ALIGNED = 64  # bytes
KEPT = 1 << 28  # bytes of freed memory that a worker keeps
GRAIN = 1 << 24  # bytes that a block's memory begins with: most blocks of pictures fit
SHARED = "/dev/shm"  # noqa: S108  (memory that looks like a folder; elsewhere the system's temporary folder)
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
    waiting: deque[Task] = deque()
    try:
        for start in range(0, len(samples), BLOCK):
            waiting.append(pool.submit(samples[start : start + BLOCK]))
            if len(waiting) > AHEAD * workers:
                yield from pool.taken(waiting.popleft())
        while waiting:
            yield from pool.taken(waiting.popleft())
    finally:  # where the caller stopped early
        for task in waiting:
            pool.forget(task)


@dataclass(frozen=True, slots=True)
class Array:
    """Where an array lies in a block's memory; ``rate`` is that of a sound."""

    offset: int
    shape: tuple[int, ...]
    dtype: str
    rate: int | None


Row: TypeAlias = tuple[Array | MediaError, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A block that a worker is at: its samples, the file that it decodes into, and its answer."""

    samples: Sequence[Sample]
    path: Path
    future: "Future[tuple[Row, ...]]"


class Pool:
    """Workers and the memory that they share with this process.

    Workers stay, since starting one costs as much as some hundred pictures; so does the memory, since touching fresh pages costs half as
    much as decoding what goes into them.
    """

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit the locks of other threads
        self._executor = ProcessPoolExecutor(workers, context, initializer=_keep_freed_memory)
        self.folder = Path(tempfile.mkdtemp(prefix="mmbench-", dir=SHARED if Path(SHARED).is_dir() else None))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._files = (self.folder / str(number) for number in itertools.count())
        self._free: list[Path] = []

    def submit(self, samples: Sequence[Sample]) -> Task:
        """Have a block decoded."""
        path = self._free.pop() if self._free else next(self._files)
        return Task(samples, path, self._executor.submit(_block, samples, str(path)))

    def taken(self, task: Task) -> Iterator[DecodedSample]:
        """The samples of a block. Their arrays lie in the shared memory, which is used again when the last of them is gone."""
        try:
            rows = task.future.result()
        except BaseException:
            self._free.append(task.path)
            raise
        memory: NDArray[np.uint8] = np.frombuffer(_mapped(str(task.path)), dtype=np.uint8)
        weakref.finalize(memory, self._free.append, task.path)
        for sample, row in zip(task.samples, rows, strict=True):
            yield DecodedSample(sample, tuple(_placed(memory, item) for item in row))

    def forget(self, task: Task) -> None:
        """Let a block go that nobody will take."""
        if not task.future.cancel():
            wait([task.future])
        self._free.append(task.path)


@cache
def _pool(workers: int) -> Pool:
    return Pool(workers)


def _keep_freed_memory() -> None:
    """Runs in a worker: glibc would give every picture's memory back and fetch it again page by page, a third of the time."""
    import ctypes

    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(mmap_threshold, KEPT)
    mallopt(trim_threshold, KEPT)


def _block(samples: Sequence[Sample], path: str) -> tuple[Row, ...]:
    """Runs in a worker: decode samples into a file that the other process maps, one by one, so that their memory is used again."""
    offset = 0

    def place(part: MediaPart, sample_id: str) -> Array | MediaError:
        nonlocal offset
        item = _decode(part, sample_id)
        if isinstance(item, MediaError):
            return item
        array, rate = item if isinstance(item, tuple) else (item, None)
        memory = np.frombuffer(_mapped(path, offset + array.nbytes), dtype=np.uint8)
        _view(memory, offset, array.shape, array.dtype.str)[...] = array
        placed = Array(offset, array.shape, array.dtype.str, rate)
        offset += array.nbytes + -array.nbytes % ALIGNED
        return placed

    return tuple(
        tuple(place(part, sample.id) for part in sample.content if isinstance(part, MediaPart)) for sample in samples
    )


def _mapped(path: str, size: int = 0) -> mmap.mmap:
    """The memory of a file, which grows where it has to; mapped once per process and size."""
    file = Path(path)
    present = file.stat().st_size if file.exists() else 0
    if present < max(size, 1):
        with file.open("ab") as handle:
            handle.truncate(max(2 * size, GRAIN))
        present = file.stat().st_size
    return _opened(path, present)


@lru_cache(maxsize=32)
def _opened(path: str, size: int) -> mmap.mmap:
    with Path(path).open("r+b") as handle:
        return mmap.mmap(handle.fileno(), size)


def _placed(memory: NDArray[np.uint8], place: Array | MediaError) -> Decoded:
    if isinstance(place, MediaError):
        return place
    array = _view(
        memory, place.offset, place.shape, place.dtype
    )  # keeps ``memory`` alive: it is what the array is a view of
    return array if place.rate is None else (array, place.rate)


def _view(memory: NDArray[np.uint8], offset: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    length = math.prod(shape) * np.dtype(dtype).itemsize
    return memory[offset : offset + length].view(dtype).reshape(shape)


def _media(sample: Sample) -> tuple[Decoded, ...]:
    return tuple(_decode(part, sample.id) for part in sample.content if isinstance(part, MediaPart))


def _decode(part: MediaPart, sample_id: str) -> Decoded:
    try:
        if part.modality is Modality.IMAGE:
            return np.asarray(decode_image(part, sample_id))
        return decode_audio(part, sample_id)
    except MediaError as error:
        return error
