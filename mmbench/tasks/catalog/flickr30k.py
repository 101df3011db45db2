"""Flickr30k, Karpathy's 1K test: captions find their picture, pictures their captions."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, CAPTION = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "caption")

TASKS = retrieval_tasks(
    "flickr30k",
    "Flickr30k",
    {"i2t": (PICTURE, CAPTION), "t2i": (CAPTION, PICTURE)},
    training=(None, None),
    primary="hit@1",
)
