"""Winoground: two pictures and two captions; text, image and group score by its strict rule."""

from mmbench.tasks.kinds.choice import choice_task

TASK = choice_task("winoground", "Winoground", square=True)
