"""Crossmodal-3600: pictures and all their captions, a gallery per language."""

from mmbench.loaders import get_card
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE = Facet(Modality.IMAGE, title="picture")

TASKS = tuple(
    task
    for tag in get_card("xm3600").splits
    for caption in [Facet(Modality.TEXT, tag, f"caption ({tag})")]
    for task in retrieval_tasks(
        "xm3600",
        "Crossmodal-3600",
        {f"{tag}.i2t": (PICTURE, caption), f"{tag}.t2i": (caption, PICTURE)},
        training=(None, None),
        primary="hit@1",
        split=tag,
    )
)
