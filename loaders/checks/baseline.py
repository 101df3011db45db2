"""A file of accepted findings, which may only shrink: what is in it lets pass, what is new or has grown does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import read_json, write_json
from mmbench.loaders.checks.report import CheckReport

SCHEMA_VERSION = 1


def read_baseline(path: Path) -> dict[str, int]:
    """Per check how many samples with a finding are accepted. ``UserError`` where the file is no baseline."""
    try:
        found = read_json(path)
        if not isinstance(found, dict) or found.get("schema") != SCHEMA_VERSION:
            raise ValueError(f"it is of no schema {SCHEMA_VERSION}")
        return {str(key): _count(value) for key, value in dict(found["accepted"]).items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no baseline of checks ({error}): delete it to write a new one.") from error


def write_baseline(path: Path, report: CheckReport, before: Mapping[str, int] | None) -> dict[str, int]:
    """Write what a report found, never more than was accepted before; returns it.

    Args:
        path: the file.
        report: what was found.
        before: what the file held; ``None`` for a new one.
    """
    found = {one.check: one.n_bad for one in report.results if one.status in ("warn", "fail") and one.n_bad}
    kept = found if before is None else {key: min(n, before[key]) for key, n in found.items() if key in before}
    document: dict[str, Any] = {"schema": SCHEMA_VERSION, "accepted": dict(sorted(kept.items()))}
    if before is None or kept != dict(before):
        write_json(path, document)
    return kept


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no number of samples")
    return value
