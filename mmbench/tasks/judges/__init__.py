"""Judges by name; whatever is a ``Judge`` in a file here is one."""

from functools import cache

from mmbench.discovery import collect
from mmbench.tasks.judging import Judge


@cache
def all_judges() -> tuple[Judge, ...]:
    """Every judge, sorted by name."""
    return tuple(sorted(collect("mmbench.tasks.judges", Judge), key=lambda one: one.id))
