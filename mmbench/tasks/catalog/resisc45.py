"""RESISC45, zero-shot: kinds of scene from above."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "satellite-2",
    (
        "satellite imagery of {}.",
        "an aerial view of {}.",
    ),
)

TASK = zero_shot_task("resisc45", "NWPU-RESISC45", TEMPLATES)
