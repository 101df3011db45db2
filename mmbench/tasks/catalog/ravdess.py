"""RAVDESS, zero-shot: emotions of acted speech."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("feeling-1", ("this person is feeling {}.",))

TASK = zero_shot_task("ravdess", "RAVDESS", TEMPLATES, inputs=Modality.AUDIO, split="all")
