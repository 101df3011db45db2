"""German traffic signs, zero-shot; the prompts of Radford et al. 2021 on what the signs say."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "sign-1",
    (
        "a zoomed in photo of a '{}' traffic sign.",
        "a centered photo of a '{}' traffic sign.",
        "a close up photo of a '{}' traffic sign.",
    ),
)

TASK = zero_shot_task("gtsrb", "GTSRB", TEMPLATES)
