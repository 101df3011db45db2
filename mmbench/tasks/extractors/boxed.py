r"""What stands in the last ``\boxed{…}`` of an answer."""

from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.reasoning import without_reasoning

_BEGIN = "\\boxed{"


def last_boxed(text: str) -> str | None:
    r"""The content of the last box whose brackets close; ``\\text{…}`` around all of it is taken off. ``None`` without a box."""
    start = text.rfind(_BEGIN)
    if start < 0:
        return None
    depth, begin = 1, start + len(_BEGIN)
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            found = text[begin:place].strip()
            inner = found.removeprefix("\\text{")
            return (inner.removesuffix("}") if inner != found and found.endswith("}") else found).strip() or None
    return None


def _boxed(text: str, options: Sequence[str]) -> str | None:
    rest = without_reasoning(text, options)
    return None if rest is None else last_boxed(rest)


BOXED = Extractor("boxed", 1, _boxed, "What stands in the last \\boxed{} behind the reasoning; nothing without one.")
