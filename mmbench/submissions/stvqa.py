"""ST-VQA on the Robust Reading Competition's server: a list of question ids with an answer each."""

from mmbench.submissions import Format
from mmbench.submissions.vqa import VQA as _VQA

STVQA = Format(
    "stvqa",
    "the ST-VQA challenge's list of question_id and answer",
    ("stvqa",),
    _VQA.document,
    source="lmms-eval, tasks/stvqa/utils.py",
)
