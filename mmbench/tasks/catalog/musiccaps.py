"""MusicCaps: descriptions find their piece of music, pieces their description."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

SOUND, TEXT = Facet(Modality.AUDIO, title="sound"), Facet(Modality.TEXT, "en", "description")

TASKS = retrieval_tasks(
    "musiccaps",
    "MusicCaps",
    {"a2t": (SOUND, TEXT), "t2a": (TEXT, SOUND)},
    training=(None, None),
    primary="hit@1",
)
