"""WIT (IGLUE test): pictures of Wikipedia and their captions, a gallery per language. IGLUE reports hit@1 as R@1."""

from mmbench.loaders import get_card
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE = Facet(Modality.IMAGE, title="picture")

TASKS = tuple(
    task
    for tag in get_card("wit").splits
    for caption in [Facet(Modality.TEXT, tag, f"caption ({tag})")]
    for task in retrieval_tasks(
        "wit",
        "WIT",
        {f"{tag}.i2t": (PICTURE, caption), f"{tag}.t2i": (caption, PICTURE)},
        training=(None, None),
        primary="hit@1",
        split=tag,
    )
)
