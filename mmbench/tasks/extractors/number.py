"""The last number of an answer."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.final_answer import final_answer

MINUS = "\N{MINUS SIGN}"
_NUMBER = re.compile(rf"(?<![\w.])[-+{MINUS}]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)?(?:\.\d+|(?<=\d))(?:[eE][-+]?\d+)?")


def _number(text: str, options: Sequence[str]) -> str | None:
    found = _NUMBER.findall(final_answer(text, options) or "")
    return found[-1].replace(",", "").replace(MINUS, "-") if found else None


NUMBER = Extractor("number", 1, _number, "The last number of the final answer, thousands without commas.")
