"""Rendered SST-2, zero-shot: read a review in a picture and say whether it is good; the prompt of Radford et al. 2021."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("review-1", ("a {} review of a movie.",))

TASK = zero_shot_task("rendered-sst2", "Rendered SST-2", TEMPLATES)
