"""What every part that speaks HTTP shares: the client library, and how long a server asks to wait."""

import importlib
import time
from typing import Any


def client_library() -> Any:
    """The library that the installed hub client is made of: ``httpx`` up to its 1.x, ``httpx2`` since. They have one interface."""
    from huggingface_hub.errors import HfHubHTTPError

    base = next(base for base in HfHubHTTPError.__mro__ if base.__name__ == "HTTPError")
    return importlib.import_module(base.__module__.partition(".")[0])


def seconds_asked(retry_after: str | None) -> float | None:
    """The seconds of a ``Retry-After`` header, which holds a number or a date; ``None`` where it holds neither."""
    from email.utils import parsedate_to_datetime

    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
