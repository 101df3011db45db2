"""Yes or no in an answer."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.final_answer import final_answer

_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


def _yes_no(text: str, options: Sequence[str]) -> str | None:
    """The only one of the two that the final answer says; ``None`` where it says both or neither."""
    said = {word.lower() for word in _WORD.findall(final_answer(text, options) or "")}
    return said.pop() if len(said) == 1 else None


YES_NO = Extractor("yes-no", 1, _yes_no, "Yes or no, where the final answer says exactly one of them.")
