"""MELD: the emotion of an utterance, by its text, or by its text and features of its sound; weighted F1."""

from dataclasses import replace

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

AUDIO = replace(
    TASK,
    id="meld.emotion-audio",
    title="MELD, text and sound, classes",
    inputs=frozenset({Modality.TEXT, Modality.FEATURES}),
)
