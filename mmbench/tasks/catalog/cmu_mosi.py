"""CMU-MOSI: sentiment in [-3, 3], aligned and unaligned features."""

from mmbench.tasks.kinds.sentiment import regression_task

TASKS = (
    regression_task("cmu-mosi", "CMU-MOSI", "cmu"),
    regression_task("cmu-mosi-unaligned", "CMU-MOSI (unaligned)", "cmu"),
)
