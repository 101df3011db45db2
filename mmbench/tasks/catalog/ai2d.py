"""AI2D: multiple choice on diagrams."""

from mmbench.tasks.kinds.multiple_choice import multiple_choice

TASKS = multiple_choice("ai2d", "AI2D", split="test")
