"""BLINK: multiple choice on up to four pictures, by task; the prompt lists its choices, so that they cannot be rotated."""

from mmbench.loaders.catalog.blink import TASKS as NAMES
from mmbench.tasks.kinds.multiple_choice import Choice, multiple_choice

TASKS = multiple_choice(
    "blink", "BLINK", split="validation", form=Choice(listed=True, by="task", types=NAMES), circular=False
)
