"""Clotho-AQA: questions on sounds that are answered with one word, exact match."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.tasks.kinds.generation import AUDIO
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions(
    "clotho-aqa",
    "Clotho-AQA",
    exact_match_metric("lower_no_punctuation"),
    split="test",
    context=AUDIO,
)
