"""mmbench: from any model to a leaderboard row that can be trusted."""

from pathlib import Path

if not (Path(__file__).parent / "loaders").is_dir():  # a checkout without symbolic links
    __path__.append(str(Path(__file__).parent.parent))

__version__ = "0.1.0"
