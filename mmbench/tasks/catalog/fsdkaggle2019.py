"""FSDKaggle2019, curated: tagging, zero-shot and by a linear probe."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task
from mmbench.tasks.labels import Labels

LABELS = Labels("fsdkaggle2019", "several")
TEMPLATES = Templates("sound-1", ("This is a sound of {}.",))

TASKS = (
    zero_shot_task("fsdkaggle2019", "FSDKaggle2019", TEMPLATES, inputs=Modality.AUDIO, labels=LABELS),
    probe_task("fsdkaggle2019", "FSDKaggle2019", inputs=Modality.AUDIO, labels=LABELS, learn="train"),
)
