"""Tux Paint stamps: picture, English text, French speech and text, speech in seven more languages; and the topic that a stamp is under.

``tuxstamps.category`` asks for the topic (the folder that the makers filed the stamp in) from the picture, the English text and the
French description, the language with most recordings (767 of 785; elsewhere the sound is missing). Three topics have fewer than five
stamps in train (medical 4, military 4, natural forces 1): they are one class, ``other``, so that every stamp counts. The text often
names what the topic is (a dog is an animal), which makes this a diagnostic: the text alone is a row to look at first. Ids begin with
the topic; a model that reads them learns nothing else.
"""

from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import class_task
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

RARE = ("medical", "military", "naturalforces")  # fewer than five in train
TOPICS = (
    "animals",
    "clothes",
    "food",
    "hobbies",
    "household",
    "people",
    "plants",
    "seasonal",
    "space",
    "sports",
    "symbols",
    "town",
    "vehicles",
)

CATEGORY = class_task(
    "tuxstamps",
    "Tux Paint stamps (the text may give it away)",
    "category",
    split="test",
    classes=(*TOPICS, "other"),
    inputs=frozenset({Modality.IMAGE, Modality.TEXT, Modality.AUDIO}),
    question="What is this stamp about?",
    primary="accuracy",
    training=("train", "validation"),
    label="topic",
    labels=tuple((topic, "other") for topic in RARE),
    languages=((Modality.TEXT, "en"), (Modality.AUDIO, "fr")),
)
