"""Where a torch model runs and in which precision: what ``--device`` and ``--dtype`` mean to every adapter."""

from typing import TYPE_CHECKING

from mmbench.errors import UserError

if TYPE_CHECKING:
    import torch

DTYPES = {
    "float32": "float32",
    "fp32": "float32",
    "float16": "float16",
    "fp16": "float16",
    "half": "float16",
    "bfloat16": "bfloat16",
    "bf16": "bfloat16",
    "float64": "float64",
}


def resolve_device(name: str | None = None) -> "torch.device":
    """A device that is there.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``; ``None`` takes the best of what is there: cuda, then mps, xpu, cpu.

    Raises:
        UserError: there is no such device here; the sentence names those that there are.
    """
    import torch

    there = available_devices()
    if name is None:
        return torch.device(there[0])
    kind, _, index = name.strip().lower().partition(":")
    wanted = kind if kind in ("cpu", "mps") and index in ("", "0") else f"{kind}:{index or 0}"
    if wanted not in there:
        raise UserError(f"There is no device {name!r} here: use one of {', '.join(there)}, or leave --device out.")
    return torch.device(wanted)


def available_devices() -> list[str]:
    """The devices of this machine that torch can use, the one to prefer first."""
    import torch

    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    if torch.xpu.is_available():
        found += [f"xpu:{index}" for index in range(torch.xpu.device_count())]
    return [*found, "cpu"]


def resolve_dtype(name: str | None = None) -> "torch.dtype | None":
    """The floating type of that name (or its short form); ``None`` where none is named: weights keep the type that they are stored in.

    Raises:
        UserError: there is no such dtype.
    """
    import torch

    if name is None:
        return None
    key = name.strip().lower().removeprefix("torch.")
    if key not in DTYPES:
        raise UserError(
            f"There is no dtype {name!r} for weights: use one of {', '.join(dict.fromkeys(DTYPES.values()))}."
        )
    found: torch.dtype = getattr(torch, DTYPES[key])
    return found
