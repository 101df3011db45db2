"""A file of accepted findings, which may only shrink: what is in it lets pass, what is new does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import read_json, write_json
from mmbench.loaders.checks.report import CheckReport

SCHEMA_VERSION = 1


def read_baseline(path: Path) -> dict[str, frozenset[str]]:
    """Per check the samples (``split/id``) with an accepted finding. ``UserError`` where the file is no baseline."""
    try:
        found = read_json(path)
        if not isinstance(found, dict) or found.get("schema") != SCHEMA_VERSION:
            raise ValueError(f"it is of no schema {SCHEMA_VERSION}")
        return {str(key): _places(value) for key, value in dict(found["accepted"]).items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no baseline of checks ({error}): delete it to write a new one.") from error


def write_baseline(
    path: Path, report: CheckReport, before: Mapping[str, frozenset[str]] | None
) -> dict[str, frozenset[str]]:
    """Write what a report found, never more than was accepted before; returns it. A finding without samples is an empty list.

    Args:
        path: the file.
        report: what was found.
        before: what the file held; ``None`` for a new one.
    """
    found = {one.check: one.places for one in report.results if one.status in ("warn", "fail")}
    kept = found if before is None else {key: places & before[key] for key, places in found.items() if key in before}
    document: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "accepted": {key: sorted(places) for key, places in sorted(kept.items())},
    }
    if before is None or kept != dict(before):
        write_json(path, document)
    return kept


def _places(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{value!r} is no list of samples")
    return frozenset(value)
