"""Which device and precision a torch model runs with: what ``--device`` and ``--dtype`` mean to every adapter."""

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


def resolve_device(name: str | None = None) -> str:
    """A device that is there, as torch spells it: ``cuda:0``, ``mps``, ``cpu``.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``; ``None`` takes the best of what is there: cuda, then mps, then cpu.

    Raises:
        UserError: there is no such device; the error names those that there are.
    """
    there = available_devices()
    if name is None:
        return there[0]
    kind, _, index = name.strip().lower().partition(":")
    wanted = kind if kind in ("cpu", "mps") and index in ("", "0") else f"{kind}:{index or 0}"
    if wanted not in there:
        raise UserError(f"There is no device {name!r} here: use one of {', '.join(there)}, or leave --device out.")
    return wanted


def available_devices() -> list[str]:
    """The devices of this machine that torch can use, the one to prefer first."""
    import torch

    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    if torch.xpu.is_available():
        found += [f"xpu:{index}" for index in range(torch.xpu.device_count())]
    return [*found, "cpu"]


def resolve_dtype(name: str | None, default: str = "float32") -> "torch.dtype":
    """The dtype of a model's weights.

    Args:
        name: ``float32``, ``float16``, ``bfloat16``, ``float64`` or their short forms; ``None`` for the model's default.
        default: taken for ``None``.

    Raises:
        UserError: there is no such dtype.
    """
    import torch

    key = (name or default).strip().lower().removeprefix("torch.")
    if key not in DTYPES:
        raise UserError(f"There is no dtype {name!r}: use one of {', '.join(dict.fromkeys(DTYPES.values()))}.")
    dtype: torch.dtype = getattr(torch, DTYPES[key])
    return dtype
