"""MMStar: multiple choice; the options stand in the question, so that they cannot be rotated."""

from mmbench.tasks.kinds.multiple_choice import Choice, multiple_choice

TASKS = multiple_choice("mmstar", "MMStar", split="validation", form=Choice(letters=4), circular=False)
