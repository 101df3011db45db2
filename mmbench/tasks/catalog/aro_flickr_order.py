"""ARO's Flickr30k Order: a caption against four shuffles of its words."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("aro-flickr-order", "ARO Flickr30k order")
