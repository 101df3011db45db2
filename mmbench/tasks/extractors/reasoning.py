"""An answer without the reasoning before it."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor

_NAMES = "think|thinking|thought|reasoning|reason|analysis"
_OPEN, _CLOSE = "[<◁]", "[>▷]"  # the triangles are Kimi's
_SPAN = re.compile(rf"{_OPEN}({_NAMES}){_CLOSE}.*?{_OPEN}/\1{_CLOSE}", re.IGNORECASE | re.DOTALL)
_END = re.compile(rf"{_OPEN}/(?:{_NAMES}){_CLOSE}", re.IGNORECASE)
_BEGIN = re.compile(rf"{_OPEN}(?:{_NAMES}){_CLOSE}", re.IGNORECASE)


def without_reasoning(text: str, _options: Sequence[str] = ()) -> str | None:
    """The text behind the last closed span; ``None`` where a span was begun and never closed, or nothing follows it.

    Templates that open the span in the prompt leave only its end in the answer: what stands before a lone end is reasoning, too.
    """
    cut = _SPAN.sub("", text)
    *_, cut = _END.split(cut)
    open_span = _BEGIN.search(cut)
    if open_span is not None:
        cut = cut[: open_span.start()]
    if cut == text:
        return text
    return cut.strip() or None


REASONING = Extractor(
    "without-reasoning", 1, without_reasoning, "What follows <think>…</think>; nothing if it never ends."
)
