"""SugarCrepe: the caption against a fluent wrong one, all seven subsets together."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("sugarcrepe", "SugarCrepe")
