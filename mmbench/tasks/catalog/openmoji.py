"""OpenMoji: the six directions between picture, English name and synthetic speech."""

from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask

FACETS = {"i": Facet(Modality.IMAGE), "t": Facet(Modality.TEXT, "en"), "a": Facet(Modality.AUDIO, "en")}
WORDS = {"i": "picture", "t": "name", "a": "speech"}

TASKS = tuple(
    RetrievalTask(
        id=f"openmoji.{query}2{document}",
        title=f"OpenMoji {WORDS[query]} to {WORDS[document]}",
        dataset="openmoji",
        split="test",
        train_split="train",
        valid_split="validation",
        version=1,
        metric=retrieval_metric(k=(1, 5, 10)),
        primary="hit@10",
        query=FACETS[query],
        document=FACETS[document],
    )
    for query, document in ("it", "ti", "at", "ta", "ai", "ia")
)
