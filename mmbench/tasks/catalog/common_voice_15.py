"""Common Voice 15: sentences read by volunteers, in three languages."""

from mmbench.tasks.kinds.captioning import speech_task

LANGUAGES = {"en": "en", "fr": "fr", "zh": "zh-CN"}

TASKS = tuple(
    speech_task("common-voice-15", f"Common Voice 15, {tag}", split=tag, subset=name, language=tag)
    for name, tag in LANGUAGES.items()
)
