"""Tux Paint stamps: picture and English text, French speech with picture and French text."""

from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import Modality
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask

DIRECTIONS = (
    ("i", "t", "en"),
    ("t", "i", "en"),
    ("a", "t", "fr"),
    ("t", "a", "fr"),
    ("a", "i", "fr"),
    ("i", "a", "fr"),
)
WORDS = {"i": "picture", "t": "text", "a": "speech"}


def _facet(letter: str, language: str) -> Facet:
    return {"i": Facet(Modality.IMAGE), "t": Facet(Modality.TEXT, language), "a": Facet(Modality.AUDIO, language)}[
        letter
    ]


TASKS = tuple(
    RetrievalTask(
        id=f"tuxstamps.{query}2{document}",
        title=f"Tux Paint stamps {WORDS[query]} to {WORDS[document]} ({language})",
        dataset="tuxstamps",
        split="test",
        train_split="train",
        valid_split="validation",
        version=1,
        metric=retrieval_metric(k=(1, 5, 10)),
        primary="hit@10",
        query=_facet(query, language),
        document=_facet(document, language),
    )
    for query, document, language in DIRECTIONS
)
