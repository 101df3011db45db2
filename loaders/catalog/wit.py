"""WIT in the form of IGLUE: pictures of Wikipedia articles and their captions in eleven languages."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

PICTURES = {
    "ar": 792, "bg": 806, "da": 814, "el": 541, "et": 780, "id": 854, "ko": 889, "ja": 842, "tr": 681, "vi": 869,
    "en": 685,
}  # fmt: skip

CARD = DatasetCard(
    key="wit",
    title="WIT (IGLUE test)",
    summary="Pictures of Wikipedia articles with the captions that editors wrote below them, in eleven languages.",
    task_kinds=("retrieval",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=tuple(PICTURES),
    splits={
        language: SplitFacts(
            count=count, protocol=f"IGLUE's test pictures in {language}: one sample per picture, with all its captions"
        )
        for language, count in PICTURES.items()
    },
    columns={
        "image_id": "id, group",
        "image": "image",
        "captions": "text, one part per caption, in the language of the split",
    },
    source=HubSource(
        repo="mteb/wit",
        revision="91ac153f1371a98b209ed763205e25e115ecd06e",
        tables={
            "rows": Table(
                {
                    "image_id": Column("string"),
                    "image": Column("image"),
                    "captions": Column("strings", values=(("Tallinna raekoda",), ("Logo", "Eesti lipp"), ("Kaart",))),
                }
            )
        },
        samples=records("image", "captions", id="image_id", group="image_id", language="{split}"),
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Srinivasan et al.: WIT, SIGIR 2021; test sets of Bugliarello et al.: IGLUE, ICML 2022",
    homepage="https://huggingface.co/datasets/mteb/wit",
    known_issues=(
        Issue(
            summary="captions repeat inside a language (9,076 distinct of 9,584 when each language is counted by itself)",
            count=508,
            handling="galleries hold distinct content; every picture with that caption is right for it",
        ),
        Issue(
            summary="in Greek and Indonesian the shortest caption is one character long",
            count=Unknown(reason="the statistics tell the shortest text, not how many there are"),
            handling="kept; `mmbench check` lists them",
        ),
    ),
    evidence={
        "languages": "mteb, tasks/retrieval/multilingual/wit_t2i_retrieval.py",
        "splits": "mteb, descriptive_stats WITT2IRetrieval: samples less queries per language, which equals the judged documents",
        "columns": "that task",
        "source": "that task pins this commit",
        "licence": "the metadata of that task; each picture has its own licence on Wikimedia Commons",
        "known_issues": "the same statistics",
    },
)
