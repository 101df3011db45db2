"""Memotion: the sentiment of a meme in five classes, by picture and caption; macro F1, as in SemEval."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "memotion",
    "Memotion",
    split="test",
    classes=("very_negative", "negative", "neutral", "positive", "very_positive"),
    inputs=frozenset({Modality.IMAGE, Modality.TEXT}),
    question="Which sentiment does the meme have?",
    primary="f1_macro",
)
