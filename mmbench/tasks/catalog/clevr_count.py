"""CLEVR, zero-shot: how many objects a scene holds; the prompt of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("count-1", ("a photo of {} objects.",))

TASK = zero_shot_task("clevr-count", "CLEVR count", TEMPLATES)
