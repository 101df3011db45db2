"""Hateful Memes by the area under the ROC curve: picture and caption embedded together, and the picture alone."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.probe import probe_task
from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task
from mmbench.tasks.labels import Labels

MEME = frozenset({Modality.IMAGE, Modality.TEXT})
LABELS = Labels("hateful-memes", "binary")
TEMPLATES = Templates("meme-1", ("a {} meme.",))

TASKS = (
    zero_shot_task("hateful-memes", "Hateful Memes", TEMPLATES, inputs=MEME, labels=LABELS),
    zero_shot_task("hateful-memes", "Hateful Memes, picture alone", TEMPLATES, labels=LABELS, name="zero-shot-picture"),
    probe_task("hateful-memes", "Hateful Memes", inputs=MEME, labels=LABELS, learn="train", choose="validation"),
)
