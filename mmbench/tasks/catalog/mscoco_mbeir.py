"""MS COCO as M-BEIR de-duplicated it: not comparable with Karpathy's 5K protocol."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE, CAPTION = Facet(Modality.IMAGE, title="picture"), Facet(Modality.TEXT, "en", "caption")

TASKS = retrieval_tasks(
    "mscoco-mbeir",
    "MS COCO (M-BEIR form)",
    {"i2t": (PICTURE, CAPTION), "t2i": (CAPTION, PICTURE)},
    training=(None, None),
    primary="hit@1",
)
