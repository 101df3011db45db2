"""TED-LIUM: English talks, in segments and whole."""

from mmbench.tasks.kinds.captioning import speech_task

TASKS = tuple(speech_task("tedlium", f"TED-LIUM {part}", split=part, subset=part) for part in ("dev-test", "long-form"))
