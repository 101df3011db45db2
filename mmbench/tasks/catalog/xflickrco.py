"""xFlickr&CO: pictures and captions, a gallery per language. IGLUE reports hit@1 as R@1."""

from mmbench.loaders import get_card
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

PICTURE = Facet(Modality.IMAGE, title="picture")

TASKS = tuple(
    task
    for tag in get_card("xflickrco").splits
    for caption in [Facet(Modality.TEXT, tag, f"caption ({tag})")]
    for task in retrieval_tasks(
        "xflickrco",
        "xFlickr&CO",
        {f"{tag}.i2t": (PICTURE, caption), f"{tag}.t2i": (caption, PICTURE)},
        training=(None, None),
        primary="hit@1",
        split=tag,
    )
)
