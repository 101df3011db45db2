"""ChartQA: open questions on charts, relaxed accuracy."""

from mmbench.metrics.functional.text_answers import relaxed_accuracy_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("chartqa", "ChartQA", relaxed_accuracy_metric(), split="test")
