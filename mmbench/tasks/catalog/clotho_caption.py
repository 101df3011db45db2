"""Clotho: captions of sounds."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.captioning import caption_task

TASK = caption_task("clotho", "Clotho", split="test", modality=Modality.AUDIO)
