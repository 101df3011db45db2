"""CH-SIMS: sentiment in [-1, 1] of Mandarin clips."""

from mmbench.tasks.kinds.sentiment import regression_task

TASK = regression_task("ch-sims", "CH-SIMS", "sims")
