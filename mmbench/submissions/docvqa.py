"""DocVQA and InfographicVQA on the Robust Reading Competition's server: a list of question ids with an answer each."""

from collections.abc import Sequence
from typing import Any

from mmbench.submissions import Answer, Format, number


def _document(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"questionId": number(one.id), "answer": one.text} for one in answers]


DOCVQA = Format(
    "docvqa",
    "the Robust Reading Competition's list of questionId and answer",
    ("docvqa", "infographicvqa"),
    _document,
    source="lmms-eval, tasks/docvqa/utils.py, which serves both",
)
