"""MNIST, zero-shot: handwritten digits; the prompt of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("digit-1", ("a photo of the number: '{}'.",))

TASK = zero_shot_task("mnist", "MNIST", TEMPLATES)
