"""Food-101, zero-shot; the prompt of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("food-1", ("a photo of {}, a type of food.",))

TASK = zero_shot_task("food101", "Food-101", TEMPLATES, split="validation")
