"""SUN397, zero-shot: kinds of scene; the prompts of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "photo-1",
    (
        "a photo of a {}.",
        "a photo of the {}.",
    ),
)

TASK = zero_shot_task("sun397", "SUN397", TEMPLATES)
