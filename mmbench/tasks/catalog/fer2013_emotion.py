"""FER2013: the emotion of a face."""

from mmbench.loaders.catalog.fer2013 import CLASSES
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "fer2013",
    "FER2013",
    split="test",
    classes=CLASSES,
    inputs=frozenset({Modality.IMAGE}),
    question="Which emotion does the face show?",
    primary="accuracy",
)
