"""ST-VQA: open questions on scene text, ANLS; only the test split is there, and its labels are hidden."""

from mmbench.metrics.functional.text_answers import anls_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("stvqa", "ST-VQA", anls_metric(), hidden={"test": "test"})
