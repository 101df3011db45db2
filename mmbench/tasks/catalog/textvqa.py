"""TextVQA: open questions on text in photographs, with the soft accuracy of its own script."""

from mmbench.metrics.functional.vqa import vqa_accuracy_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions(
    "textvqa",
    "TextVQA",
    vqa_accuracy_metric("textvqa"),
    split="validation",
    hidden={"test": "test"},
)
