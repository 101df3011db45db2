"""LibriSpeech: read English, clean and harder speakers."""

from mmbench.tasks.kinds.captioning import speech_task

TASKS = tuple(
    speech_task("librispeech", f"LibriSpeech {part}", split=part, subset=part) for part in ("test-clean", "test-other")
)
