"""DocVQA: open questions on scanned documents, ANLS; the labels of the test split are hidden."""

from mmbench.metrics.functional.text_answers import anls_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("docvqa", "DocVQA", anls_metric(), split="validation", hidden={"test": "test"})
