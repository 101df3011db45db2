"""MS COCO, Karpathy's 5K test: the whole gallery, and the mean over five galleries of 1,000 pictures. Papers call hit@1 R@1."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, CAPTION = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "caption")

TASKS = (
    *retrieval_tasks(
        "coco-karpathy",
        "COCO 5K",
        {"i2t": (PICTURE, CAPTION), "t2i": (CAPTION, PICTURE)},
        training=(None, None),
        primary="hit@1",
    ),
    *retrieval_tasks(
        "coco-karpathy",
        "COCO 1K, mean of five folds",
        {"1k.i2t": (PICTURE, CAPTION), "1k.t2i": (CAPTION, PICTURE)},
        training=(None, None),
        primary="hit@1",
        fold="fold",
    ),
)
