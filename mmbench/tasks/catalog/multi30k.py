"""Multi30k: pictures and their caption in English, German, French and Czech, and captions that find their translation."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, retrieval_tasks

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "cs": "Czech"}
PICTURE = Facet(Modality.IMAGE, title="picture")
CAPTIONS = {tag: Facet(Modality.TEXT, tag, f"{name} caption") for tag, name in LANGUAGES.items()}

TASKS = retrieval_tasks(
    "multi30k",
    "Multi30k",
    {f"{tag}.i2t": (PICTURE, caption) for tag, caption in CAPTIONS.items()}
    | {f"{tag}.t2i": (caption, PICTURE) for tag, caption in CAPTIONS.items()},
    primary="hit@1",
)
