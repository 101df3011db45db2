"""AIR-Bench (foundation): multiple choice on speech, sounds and music."""

from mmbench.tasks.kinds.generation import AUDIO
from mmbench.tasks.kinds.multiple_choice import multiple_choice

TASKS = tuple(
    task
    for what in ("speech", "sound", "music")
    for task in multiple_choice("air-bench-foundation", f"AIR-Bench, {what}", split=what, subset=what, context=AUDIO)
)
