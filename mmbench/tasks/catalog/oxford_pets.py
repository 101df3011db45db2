"""Oxford-IIIT Pet, zero-shot, by the mean over breeds as in Radford et al. 2021, whose prompt this is."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("pet-1", ("a photo of a {}, a type of pet.",))

TASK = zero_shot_task("oxford-pets", "Oxford-IIIT Pet", TEMPLATES, primary="balanced_accuracy")
