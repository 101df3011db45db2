"""Extractors by name; whatever is an ``Extractor`` in a file here is one."""

from functools import cache

from mmbench.discovery import collect
from mmbench.tasks.extraction import Extractor


@cache
def all_extractors() -> tuple[Extractor, ...]:
    """Every extractor, sorted by name."""
    return tuple(sorted(collect("mmbench.tasks.extractors", Extractor), key=lambda one: one.id))
