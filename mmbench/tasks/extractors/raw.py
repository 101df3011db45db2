"""The answer as it is."""

from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor


def _raw(text: str, _options: Sequence[str]) -> str:
    return text


RAW = Extractor("none", 1, _raw, "The whole text.")
