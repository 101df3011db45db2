"""Clotho, mteb's version 2: captions find their sound, sounds their captions. Papers call hit@1 R@1."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

SOUND, TEXT = Facet(Modality.AUDIO, title="sound"), Facet(Modality.TEXT, "en", "caption")

TASKS = retrieval_tasks(
    "clotho",
    "Clotho",
    {"a2t": (SOUND, TEXT), "t2a": (TEXT, SOUND)},
    training=(None, None),
    primary="hit@1",
)
