"""Flickr8k, Karpathy's 1K test: captions find their picture, pictures their captions. Papers call hit@1 R@1."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, CAPTION = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "caption")

TASKS = retrieval_tasks(
    "flickr8k",
    "Flickr8k",
    {"i2t": (PICTURE, CAPTION), "t2i": (CAPTION, PICTURE)},
    training=(None, None),
    primary="hit@1",
)
