"""GigaSpeech: English audiobooks, podcasts and videos."""

from mmbench.tasks.kinds.captioning import speech_task

TASK = speech_task("gigaspeech", "GigaSpeech", split="test")
