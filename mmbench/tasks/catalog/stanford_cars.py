"""Stanford Cars, zero-shot: make, model and year."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "car-1",
    (
        "a photo of a {}.",
        "a photo of the {}.",
        "a photo of a {}, a type of car.",
    ),
)

TASK = zero_shot_task("stanford-cars", "Stanford Cars", TEMPLATES)
