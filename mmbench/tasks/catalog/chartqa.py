"""ChartQA: open questions on charts, relaxed accuracy, of those that people asked and those that were generated."""

from mmbench.metrics.functional.text_answers import relaxed_accuracy_metric
from mmbench.tasks.kinds.question_answering import Open, open_questions

FORM = Open(relaxed_accuracy_metric(), by="type", types=("human_test", "augmented_test"))

TASKS = open_questions("chartqa", "ChartQA", FORM, split="test")
