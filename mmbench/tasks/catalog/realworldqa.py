"""RealWorldQA: questions that say themselves how to answer them (a letter, a word, a number), exact match."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.tasks.kinds.question_answering import open_questions
from mmbench.tasks.prompts import PLAIN

TASKS = open_questions(
    "realworldqa", "RealWorldQA", exact_match_metric("lower_no_punctuation"), split="test", prompt=PLAIN
)
