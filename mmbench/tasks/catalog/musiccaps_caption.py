"""MusicCaps: captions of sounds."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.captioning import caption_task

TASK = caption_task("musiccaps", "MusicCaps", split="test", modality=Modality.AUDIO)
