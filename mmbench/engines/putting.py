"""How a batch is put to a model: in halves when memory runs out, item by item when the model raises, so that one item costs one item."""

import errno
import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mmbench.errors import RunFailedError, UserError
from mmbench.samples import MediaError

LONGEST_REASON = 300  # characters of an exception's message that are kept
OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "cublas_status_alloc_failed",
    "resource_exhausted",
)
NO_MEMORY_FOR_ONE = "not enough memory even for this item alone"
T = TypeVar("T")


@dataclass(slots=True)
class Put(Generic[T]):
    """What a batch came to. Items are named by their place in the batch.

    Attributes:
        size: items per call that memory was enough for.
        pieces: per call that came back its items and what it returned.
        errors: reason per item that failed.
        raised: how many of them failed because the model raised, and not because their media are broken.
        apart: why items were put one by one, where they were.
    """

    size: int
    pieces: list[tuple[Sequence[int], T]] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    raised: int = 0
    apart: str | None = None


def put(
    call: Callable[[Sequence[int]], T], names: Sequence[Sequence[str]], size: int, errors: dict[int, str]
) -> Put[T]:
    """Call a model on the items of a batch until each has come back or failed.

    Args:
        call: items to what the model returns for them, checked.
        names: per item the samples in it: a ``MediaError`` that names one of them ends the item.
        size: items per call to begin with.
        errors: items that cannot be put at all, with their reasons.

    Raises:
        RunFailedError: the model broke its contract.
        MediaError: it names a sample that was not asked about.
    """
    found: Put[T] = Put(size, errors=dict(errors))
    todo = deque(_chunks([index for index in range(len(names)) if index not in errors], size))
    while todo:
        part = todo.popleft()
        try:
            found.pieces.append((part, call(part)))
            continue
        except MediaError as error:
            broken = {index: error.reason for index in part if error.sample_id in names[index]}
            if not broken:
                raise
            found.errors |= broken
            if len(broken) < len(part):
                todo.appendleft([index for index in part if index not in broken])
            continue
        except (RunFailedError, UserError):
            raise
        except Exception as error:  # noqa: BLE001  (a stranger's code: whatever it raises is an error of the items, and recorded)
            reason, no_memory = described(error), is_out_of_memory(error)
        # from here on the exception is gone, and with it what its frames held in memory
        if no_memory:
            free_memory()
        if len(part) == 1:
            found.errors[part[0]] = NO_MEMORY_FOR_ONE if no_memory else reason
            found.raised += 1
        elif no_memory:
            found.size = (len(part) + 1) // 2
            todo = deque(_chunks([*part, *(index for rest in todo for index in rest)], found.size))
        else:
            found.apart = reason
            todo.extendleft([index] for index in reversed(part))
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory, of the machine or of an accelerator, was not enough."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    said = str(error).lower()  # torch.OutOfMemoryError is a RuntimeError too
    return isinstance(error, RuntimeError) and any(words in said for words in OUT_OF_MEMORY)


def free_memory() -> None:
    """Give back what nobody uses: garbage, and the memory that torch keeps of an accelerator."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for name in ("cuda", "xpu"):
        accelerator = getattr(torch, name, None)
        if accelerator is not None and accelerator.is_available() and accelerator.is_initialized():
            accelerator.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def described(error: BaseException) -> str:
    """An exception in one line of a sane length: ``ValueError: too many pictures``."""
    words = " ".join(str(error).split())
    said = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return said if len(said) <= LONGEST_REASON else f"{said[: LONGEST_REASON - 1]}…"


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
