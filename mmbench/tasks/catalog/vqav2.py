"""VQA v2: open questions with the soft accuracy of its own script; the labels of test-dev and test-standard are hidden."""

from mmbench.metrics.functional.vqa import vqa_accuracy_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions(
    "vqav2",
    "VQA v2",
    vqa_accuracy_metric("vqav2"),
    split="validation",
    hidden={"testdev": "testdev", "test": "test"},
)
