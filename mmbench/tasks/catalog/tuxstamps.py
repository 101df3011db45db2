"""Tux Paint stamps: picture and English text, French speech with picture and French text; and speech in seven more languages."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, TEXT = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "text")
FRENCH, SPEECH = Facet(Modality.TEXT, "fr", "French text"), Facet(Modality.AUDIO, "fr", "French speech")

OTHERS = {
    "be": "Belarusian",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "el": "Greek",
    "es": "Spanish",
    "ro": "Romanian",
    "ru": "Russian",
}


def _spoken(tag: str, name: str) -> dict[str, tuple[Facet, Facet]]:
    text, speech = Facet(Modality.TEXT, tag, f"{name} text"), Facet(Modality.AUDIO, tag, f"{name} speech")
    return {
        f"{tag}.a2t": (speech, text),
        f"{tag}.t2a": (text, speech),
        f"{tag}.a2i": (speech, PICTURE),
        f"{tag}.i2a": (PICTURE, speech),
    }


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
        **{key: facets for tag, name in OTHERS.items() for key, facets in _spoken(tag, name).items()},
    },
)
