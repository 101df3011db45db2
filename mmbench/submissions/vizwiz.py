"""VizWiz-VQA on EvalAI: the name of the picture with an answer."""

from collections.abc import Sequence

from mmbench.submissions import Answer, Format


def _document(answers: Sequence[Answer]) -> list[dict[str, str]]:
    return [{"image": one.id if one.id.endswith(".jpg") else f"{one.id}.jpg", "answer": one.text} for one in answers]


VIZWIZ = Format(
    "vizwiz",
    "the VizWiz challenge's list of image and answer",
    ("vizwiz",),
    _document,
    source="lmms-eval, tasks/vizwiz_vqa/utils.py (the picture's name is the question's id)",
)
