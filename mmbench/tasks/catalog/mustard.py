"""MUStARD: whether an utterance is sarcastic, by its text, over the five published folds; weighted F1."""

from mmbench.metrics.functional.emotion import EMOTION_CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "mustard",
    "MUStARD",
    split="all",
    classes=EMOTION_CLASSES["mustard"],
    labels=(("False", "not sarcastic"), ("True", "sarcastic")),
    inputs=frozenset({Modality.TEXT}),
    question="Is this sarcastic?",
    training=("all", "all"),
    folds=5,
)
