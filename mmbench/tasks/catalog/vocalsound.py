"""VocalSound, zero-shot: six sounds that people make without words."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("sound-1", ("This is a sound of {}.",))

TASK = zero_shot_task("vocalsound", "VocalSound", TEMPLATES, inputs=Modality.AUDIO)
