"""Where mmbench keeps what it fetched and built."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$MMBENCH_CACHE``, or the user's cache folder of this system."""
    import platformdirs

    named = os.environ.get("MMBENCH_CACHE")
    return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("mmbench", appauthor=False))
