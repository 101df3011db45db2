"""ARO's Visual Genome Attribution: two attributes or their swap."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("aro-vg-attribution", "ARO attribution")
