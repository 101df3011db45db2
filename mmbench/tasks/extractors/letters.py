"""The first or the last option that stands alone in an answer, as a letter."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.reasoning import without_reasoning

INSIDE = "\\w'\N{RIGHT SINGLE QUOTATION MARK}-"  # what a letter beside it is part of


def _alone(text: str, options: Sequence[str]) -> list[str]:
    """The capital letters of options that are words of their own; "A" before a word in lower case is an article."""
    letters = "".join(option for option in options if len(option) == 1)
    if not letters:
        return []
    found = re.finditer(rf"(?<![{INSIDE}])([{letters}])(?![{INSIDE}])", text)
    return [one[1] for one in found if not (one[1] == "A" and re.match(r" [a-z]", text[one.end() :]))]


def _first(text: str, options: Sequence[str]) -> str | None:
    return next(iter(_alone(without_reasoning(text) or "", options)), None)


def _last(text: str, options: Sequence[str]) -> str | None:
    return next(iter(_alone(without_reasoning(text) or "", options)[::-1]), None)


FIRST_LETTER = Extractor(
    "first-letter", 1, _first, "Behind the reasoning, the first capital letter of an option that stands alone."
)
LAST_LETTER = Extractor(
    "last-letter", 1, _last, "Behind the reasoning, the last capital letter of an option that stands alone."
)
