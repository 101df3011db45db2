"""IEMOCAP: the emotion of a turn of a talk, ten classes as the copy has them; not the four- or six-class protocol of papers."""

from mmbench.loaders.catalog.iemocap import EMOTIONS
from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "iemocap",
    "IEMOCAP",
    split="all",
    classes=EMOTIONS,
    inputs=frozenset({Modality.AUDIO}),
    question="Which emotion is heard?",
)
