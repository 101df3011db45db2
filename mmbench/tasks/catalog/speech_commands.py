"""Speech Commands, zero-shot: ten spoken words."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("word-1", ("a person saying the word {}.",))

TASK = zero_shot_task("speech-commands", "Speech Commands", TEMPLATES, inputs=Modality.AUDIO)
