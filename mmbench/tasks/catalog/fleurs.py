"""FLEURS: recordings find the sentence that is read, sentences every recording of them, a gallery per language."""

from mmbench.loaders import get_card
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

TASKS = tuple(
    task
    for tag in get_card("fleurs").splits
    for speech, sentence in [
        (Facet(Modality.AUDIO, title=f"speech ({tag})"), Facet(Modality.TEXT, tag, "transcript", target=True))
    ]
    for task in retrieval_tasks(
        "fleurs",
        "FLEURS",
        {f"{tag}.a2t": (speech, sentence), f"{tag}.t2a": (sentence, speech)},
        training=(None, None),
        primary="hit@1",
        split=tag,
    )
)
