"""What checks last said of a split, remembered beside the cache by the split's fingerprint, so that runs can record it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmbench.files import read_json, write_json
from mmbench.loaders.folders import cache_folder

DIGITS = 32


def remember(fingerprint: str, *, report: str, failed: Sequence[str], beside: Sequence[str]) -> None:
    """Keep a verdict on a whole split.

    Args:
        fingerprint: of the split.
        report: the digest of the report.
        failed: the checks that fail and are not accepted.
        beside: the splits that were checked with it.
    """
    write_json(_path(fingerprint), {"report": report, "failed": list(failed), "splits": list(beside)})


def verdict(fingerprint: str) -> Mapping[str, Any] | None:
    """``report`` (digest), ``failed`` (checks) and ``splits`` of the last check of a split; ``None`` where it was never checked."""
    try:
        found = read_json(_path(fingerprint))
    except (OSError, ValueError):  # a verdict is never worth stopping for: without one the run says "not checked"
        return None
    return found if isinstance(found, dict) else None


def _path(fingerprint: str) -> Path:
    return cache_folder() / "checks" / f"{fingerprint[:DIGITS]}.json"
