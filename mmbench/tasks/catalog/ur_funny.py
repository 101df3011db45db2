"""UR-FUNNY: whether laughter follows, by MultiBench's features; accuracy."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import emotion_task

TASK = emotion_task(
    "ur-funny",
    "UR-FUNNY",
    split="test",
    classes=("not funny", "funny"),
    labels=(("0", "not funny"), ("1", "funny"), ("0.0", "not funny"), ("1.0", "funny")),
    inputs=frozenset({Modality.FEATURES}),
    question="Does laughter follow?",
    primary="accuracy",
    training=("train", "validation"),
)
