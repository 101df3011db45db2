"""GQA: open questions on scene graphs, exact match."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("gqa", "GQA", exact_match_metric("lower_no_punctuation"), split="testdev")
