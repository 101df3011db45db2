"""FER2013, zero-shot: emotions of faces."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "face-1",
    (
        "a photo of a {} looking face.",
        "a photo of a face showing the emotion: {}.",
    ),
)

TASK = zero_shot_task("fer2013", "FER2013", TEMPLATES)
