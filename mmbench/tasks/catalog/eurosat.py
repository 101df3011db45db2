"""EuroSAT, zero-shot; the prompts of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "satellite-1",
    (
        "a centered satellite photo of {}.",
        "a centered satellite photo of a {}.",
        "a centered satellite photo of the {}.",
    ),
)

TASK = zero_shot_task("eurosat", "EuroSAT", TEMPLATES)
