"""MELD: the emotion of an utterance, by its text; weighted F1."""

from mmbench.metrics.functional.emotion import EMOTION_CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "meld",
    "MELD",
    split="test",
    classes=EMOTION_CLASSES["meld"],
    inputs=frozenset({Modality.TEXT}),
    question="Which emotion does the speaker have?",
    training=("train", "validation"),
)
