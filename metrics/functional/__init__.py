"""The metrics as functions: arguments ``(preds, target, ...)``, NumPy or torch in, float64 out.

Every public name of every module in this folder can be imported from here; a new metric is a new file, and no list
names it.
"""

from typing import Any

from mmbench.discovery import modules_in


def _public() -> dict[str, Any]:
    return {name: getattr(module, name) for module in modules_in(__name__) for name in module.__all__}


def __getattr__(name: str) -> Any:
    """A function by its name, from whichever module defines it."""
    if not name.startswith("_") and name in (found := _public()):
        return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What can be imported."""
    return sorted({*globals(), *_public()})
