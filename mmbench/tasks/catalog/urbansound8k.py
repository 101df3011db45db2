"""UrbanSound8K: zero-shot on all clips, and a linear probe over the ten published folds."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import Folds, probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("sound-1", ("This is a sound of {}.",))

TASKS = (
    zero_shot_task("urbansound8k", "UrbanSound8K", TEMPLATES, inputs=Modality.AUDIO, split="all"),
    probe_task("urbansound8k", "UrbanSound8K", inputs=Modality.AUDIO, split="all", folds=Folds(10, "fold")),
)
