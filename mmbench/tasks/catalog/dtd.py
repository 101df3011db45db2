"""Describable Textures, zero-shot: 47 textures."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "texture-1",
    (
        "a photo of a {} texture.",
        "a photo of a {} pattern.",
    ),
)

TASK = zero_shot_task("dtd", "Describable Textures", TEMPLATES)
