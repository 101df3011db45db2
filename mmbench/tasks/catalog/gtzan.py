"""GTZAN: zero-shot on all excerpts, and a linear probe over ten folds that keep copies of an excerpt together."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import Folds, probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates("genre-1", ("This is a {} song.",))

TASKS = (
    zero_shot_task("gtzan", "GTZAN", TEMPLATES, inputs=Modality.AUDIO, split="all"),
    probe_task("gtzan", "GTZAN", inputs=Modality.AUDIO, split="all", folds=Folds(10)),
)
