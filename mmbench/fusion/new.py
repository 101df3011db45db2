"""A fusion method of one's own to begin with: a module that runs as it is, and a test that it keeps the contract."""

from pathlib import Path

from mmbench.scaffold import module_of, write_module


def new_fusion(name: str, folder: str | Path) -> tuple[Path, Path]:
    """Write a small fusion method and its test; returns their paths.

    Args:
        name: in lower case, as ``my-fusion``; the module has underscores in place of hyphens.
        folder: where the two files go.

    Raises:
        UserError: a name that is none, a file that exists, or a folder that cannot be made.
    """
    module = module_of(name, "fusion method", "my-fusion")
    words = {"KEY": name, "MODULE": module}
    return write_module(Path(folder), module, ("fusion.py.txt", "test_fusion.py.txt"), words, "fusion method")
