"""CIFAR-10, zero-shot: ten classes of small pictures."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "photo-1",
    (
        "a photo of a {}.",
        "a photo of the {}.",
    ),
)

TASK = zero_shot_task("cifar10", "CIFAR-10", TEMPLATES)
