"""CREMA-D: the emotion of acted speech."""

from mmbench.loaders.catalog.crema_d import CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "crema-d",
    "CREMA-D",
    split="all",
    classes=CLASSES,
    inputs=frozenset({Modality.AUDIO}),
    question="Which emotion is heard?",
    primary="balanced_accuracy",
)
