"""RAVDESS: the emotion of acted speech."""

from mmbench.loaders.catalog.ravdess import CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "ravdess",
    "RAVDESS",
    split="all",
    classes=CLASSES,
    inputs=frozenset({Modality.AUDIO}),
    question="Which emotion is heard?",
    primary="balanced_accuracy",
)
