"""CH-SIMS v2: sentiment in [-1, 1] of Mandarin clips."""

from mmbench.tasks.kinds.sentiment import regression_task

TASK = regression_task("ch-sims-v2", "CH-SIMS v2", "sims")
