"""ARO's COCO Order: a caption against four shuffles of its words."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("aro-coco-order", "ARO COCO order")
