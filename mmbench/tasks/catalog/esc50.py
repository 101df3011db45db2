"""ESC-50: zero-shot on all clips, and a linear probe over the five published folds."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import Folds, probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("sound-1", ("This is a sound of {}.",))

TASKS = (
    zero_shot_task("esc50", "ESC-50", TEMPLATES, inputs=Modality.AUDIO, split="all"),
    probe_task("esc50", "ESC-50", inputs=Modality.AUDIO, split="all", folds=Folds(5, "fold")),
)
