"""Where a torch model runs and in which precision: names to what torch calls them, or a sentence that says what there is."""

from typing import TYPE_CHECKING

from mmbench.errors import UserError

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "float16", "bfloat16", "float64")


def resolve_device(name: str | None = None) -> "torch.device":
    """The device of that name (``cpu``, ``cuda``, ``cuda:1``, ``mps``); the best that there is where none is named.

    Raises:
        UserError: there is no such device here; the sentence names those that there are.
    """
    import torch

    found = available_devices()
    if name is None:
        return torch.device("cuda" if "cuda:0" in found else "mps" if "mps" in found else "cpu")
    try:
        wanted = torch.device(name)
    except (RuntimeError, ValueError):
        wanted = None
    if wanted is None or str(wanted) not in (*found, *(("cuda",) if "cuda:0" in found else ())):
        raise UserError(f"There is no device {name!r} here: choose one of {', '.join(found)}.")
    return wanted


def available_devices() -> tuple[str, ...]:
    """The devices of this machine that torch can use: ``cpu`` first."""
    import torch

    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ("cpu", *cuda, *(("mps",) if torch.backends.mps.is_available() else ()))


def resolve_dtype(name: str | None = None) -> "torch.dtype | None":
    """The floating type of that name; ``None`` where none is named: then weights keep the type that they are stored in.

    Raises:
        UserError: it is none of ``DTYPES``.
    """
    import torch

    if name is None:
        return None
    if name not in DTYPES:
        raise UserError(f"There is no dtype {name!r} for weights: choose one of {', '.join(DTYPES)}.")
    found: torch.dtype = getattr(torch, name)
    return found
