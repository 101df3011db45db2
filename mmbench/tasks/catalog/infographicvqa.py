"""InfographicVQA: open questions on infographics, ANLS; the labels of the test split are hidden."""

from mmbench.metrics.functional.text_answers import anls_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("infographicvqa", "InfographicVQA", anls_metric(), split="validation", hidden={"test": "test"})
