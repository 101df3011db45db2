"""A model of one's own to begin with: a module that runs as it is, and a test that the doctor passes it."""

from pathlib import Path

from mmbench.errors import UserError
from mmbench.models.base import CAPABILITIES
from mmbench.scaffold import module_of, write_module


def new_model(name: str, kind: str, folder: str | Path) -> tuple[Path, Path]:
    """Write a small model and its test; returns their paths.

    Args:
        name: in lower case, as ``my-model``; the module has underscores in place of hyphens.
        kind: the method that it has: ``embed``, ``generate``, ``predict`` or ``score_pairs``.
        folder: where the two files go.

    Raises:
        UserError: an unknown kind, a name that is none, a file that exists, or a folder that cannot be made.
    """
    if kind not in CAPABILITIES:
        raise UserError(f"There is no kind of model {kind!r}: choose {', '.join(CAPABILITIES)}.")
    module = module_of(name, "model", "my-model")
    words = {"KEY": name, "MODULE": module}
    return write_module(Path(folder), module, (f"model_{kind}.py.txt", "test_model.py.txt"), words, "model")
