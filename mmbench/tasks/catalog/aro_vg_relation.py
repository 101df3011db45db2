"""ARO's Visual Genome Relation, by the mean over relations that the paper reports."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("aro-vg-relation", "ARO relation", group_by="relation")
