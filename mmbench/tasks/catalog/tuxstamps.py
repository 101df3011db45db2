"""Tux Paint stamps: picture and English text, French speech with picture and French text."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, TEXT = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "text")
FRENCH, SPEECH = Facet(Modality.TEXT, "fr", "French text"), Facet(Modality.AUDIO, "fr", "French speech")

TASKS = retrieval_tasks(
    "tuxstamps",
    "Tux Paint stamps",
    {
        "i2t": (PICTURE, TEXT),
        "t2i": (TEXT, PICTURE),
        "a2t": (SPEECH, FRENCH),
        "t2a": (FRENCH, SPEECH),
        "a2i": (SPEECH, PICTURE),
        "i2a": (PICTURE, SPEECH),
    },
)
