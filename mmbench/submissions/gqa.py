"""GQA: a list of question ids with a prediction each."""

from collections.abc import Sequence

from mmbench.submissions import Answer, Format


def _document(answers: Sequence[Answer]) -> list[dict[str, str]]:
    return [{"questionId": one.id, "prediction": one.text} for one in answers]


GQA = Format(
    "gqa",
    "GQA's list of questionId and prediction",
    ("gqa",),
    _document,
    source="MILVLG/openvqa, datasets/gqa/eval/result_eval.py",
)
