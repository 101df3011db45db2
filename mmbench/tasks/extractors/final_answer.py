"""The answer that a text announces at its end."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.boxed import last_boxed
from mmbench.tasks.extractors.reasoning import without_reasoning

_MARK = re.compile(r"(?:final answer|answer)\**\s*(?:is\s*)?:\s*\**", re.IGNORECASE)
_TAGGED = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.IGNORECASE | re.DOTALL)
_FINAL = re.compile(r"final answer\**\s*(?:is\s*)?:\s*\**", re.IGNORECASE)


def final_answer(text: str, options: Sequence[str]) -> str | None:
    r"""Of the text behind the reasoning: what stands in the last ``<answer>`` or ``\\boxed``, or on the line of the last "Final answer:" or
    "Answer:"; else all of it, unchanged.
    """  # noqa: D205
    rest = without_reasoning(text, options)
    if rest is None:
        return None
    tagged = _TAGGED.findall(rest)
    if tagged:
        return tagged[-1].strip() or None
    boxed = last_boxed(rest)
    if boxed is not None:
        return boxed
    marks = list(_FINAL.finditer(rest)) or list(_MARK.finditer(rest))
    if not marks:
        return rest
    lines = [line.strip(" *") for line in rest[marks[-1].end() :].strip().split("\n")]
    return lines[0] or None


FINAL_ANSWER = Extractor(
    "final-answer",
    1,
    final_answer,
    'Behind the reasoning, what "Final answer:", <answer> or \\boxed{} announces; else the whole rest.',
)
