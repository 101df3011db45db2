"""MMAU: multiple choice on speech, sounds and music."""

from mmbench.tasks.kinds.generation import AUDIO
from mmbench.tasks.kinds.multiple_choice import Choice, multiple_choice

TASKS = multiple_choice(
    "mmau",
    "MMAU",
    split="test-mini",
    form=Choice(by="task", types=("sound", "music", "speech")),
    hidden={"test": "test"},
    context=AUDIO,
)
