"""FSD50K, subset of mteb: tagging, zero-shot and by a linear probe."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task
from mmbench.tasks.labels import Labels

LABELS = Labels("fsd50k-mini", "several")
TEMPLATES = Templates("sound-1", ("This is a sound of {}.",))

TASKS = (
    zero_shot_task("fsd50k-mini", "FSD50K mini", TEMPLATES, inputs=Modality.AUDIO, labels=LABELS),
    probe_task("fsd50k-mini", "FSD50K mini", inputs=Modality.AUDIO, labels=LABELS, learn="train"),
)
