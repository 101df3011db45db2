"""VQA v2 in mteb's form, answered in words: equal to the one answer that was judged right. Not VQA accuracy."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("vqav2-retrieval", "VQA v2 (one judged answer)", exact_match_metric(), split="test")
