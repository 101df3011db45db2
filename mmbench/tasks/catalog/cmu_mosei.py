"""CMU-MOSEI: sentiment in [-3, 3], aligned and unaligned features."""

from mmbench.tasks.kinds.sentiment import regression_task

TASKS = (
    regression_task("cmu-mosei", "CMU-MOSEI", "cmu"),
    regression_task("cmu-mosei-unaligned", "CMU-MOSEI (unaligned)", "cmu"),
)
