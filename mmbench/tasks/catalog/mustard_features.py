"""MUStARD: whether an utterance is sarcastic, by MultiBench's features and split; weighted F1."""

from mmbench.metrics.functional.emotion import EMOTION_CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "mustard-features",
    "MUStARD (MultiBench features)",
    split="test",
    classes=EMOTION_CLASSES["mustard"],
    labels=(("0", "not sarcastic"), ("1", "sarcastic")),
    inputs=frozenset({Modality.FEATURES}),
    question="Is this sarcastic?",
    training=("train", "validation"),
)
