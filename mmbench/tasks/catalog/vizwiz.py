"""VizWiz: open questions of blind people, with the soft accuracy of its own script; some cannot be answered, and saying so is right."""

from mmbench.metrics.functional.vqa import vqa_accuracy_metric
from mmbench.tasks.kinds.question_answering import open_questions
from mmbench.tasks.prompts import UNANSWERABLE

TASKS = open_questions(
    "vizwiz", "VizWiz", vqa_accuracy_metric("vizwiz"), split="validation", hidden={"test": "test"}, prompt=UNANSWERABLE
)
