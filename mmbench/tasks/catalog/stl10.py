"""STL-10, zero-shot: ten classes; the prompts of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "photo-1",
    (
        "a photo of a {}.",
        "a photo of the {}.",
    ),
)

TASK = zero_shot_task("stl10", "STL-10", TEMPLATES)
