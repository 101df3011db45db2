"""OpenMoji: the six directions between picture, English name and synthetic speech."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, NAME = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "name")
SPEECH = Facet(Modality.AUDIO, "en", "speech")

TASKS = retrieval_tasks(
    "openmoji",
    "OpenMoji",
    {
        "i2t": (PICTURE, NAME),
        "t2i": (NAME, PICTURE),
        "a2t": (SPEECH, NAME),
        "t2a": (NAME, SPEECH),
        "a2i": (SPEECH, PICTURE),
        "i2a": (PICTURE, SPEECH),
    },
)
