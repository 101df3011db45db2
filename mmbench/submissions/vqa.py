"""VQA v2, OK-VQA and TextVQA on EvalAI: a list of question ids with an answer each."""

from collections.abc import Sequence
from typing import Any

from mmbench.submissions import Answer, Format, number


def _document(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"question_id": number(one.id), "answer": one.text} for one in answers]


VQA = Format(
    "vqa",
    "the VQA challenge's list of question_id and answer",
    ("vqav2", "okvqa", "textvqa"),
    _document,
    source="GT-Vision-Lab/VQA, PythonHelperTools/vqaTools/vqa.py (loadRes); for TextVQA lmms-eval, tasks/textvqa/utils.py",
)
