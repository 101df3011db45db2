"""Crossmodal-3600: 3,600 pictures from all over the world with captions written in 36 languages."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

LANGUAGES = (
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it",
    "ja", "ko", "mi", "nl", "no", "pl", "pt", "quz", "ro", "ru", "sv", "sw", "te", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip

CARD = DatasetCard(
    key="xm3600",
    title="Crossmodal-3600",
    summary="3,600 pictures with captions in 36 languages, each written by speakers of the language and not translated.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=LANGUAGES,
    splits={
        language: SplitFacts(
            count=3600,
            protocol=f"the published test pictures with all their captions in {language}, not the first alone",
        )
        for language in LANGUAGES
    },
    columns={
        "image_id": "id, group",
        "image": "image",
        "captions": "text, one part per caption, in the language of the split",
        "image_locale": "meta: image_locale",
    },
    source=HubSource(
        repo="mteb/xm3600",
        revision="536cd45bbfe53de9b08c0483bb4a76a4bd3673fa",
        tables={
            "rows": Table(
                {
                    "image_id": Column("string"),
                    "image": Column("image"),
                    "captions": Column("strings", values=(("A red boat.", "A boat in a harbour."), ("A market.",))),
                    "image_locale": Column("string", values=("sw", "quz")),
                }
            )
        },
        samples=records(
            "image", "captions", id="image_id", group="image_id", meta=("image_locale",), language="{split}"
        ),
    ),
    licence=Unknown(
        reason="mteb's metadata says CC-BY-SA-4.0, the page of the copy that it was made from (floschne/xm3600) CC-BY-4.0"
    ),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Thapliyal et al.: Crossmodal-3600: A Massively Multilingual Multimodal Evaluation Dataset, EMNLP 2022",
    homepage="https://google.github.io/crossmodal-3600/",
    known_issues=(
        Issue(
            summary="CLIP_benchmark scores the first caption of a picture only, mteb all of them, under the same name",
            count=129600,
            handling="all captions are kept",
        ),
        Issue(
            summary="captions repeat: 259,932 distinct texts of 261,375 over all languages",
            count=1443,
            handling="galleries hold distinct content; every picture with that caption is right for it",
        ),
        Issue(
            summary="languages differ in how many captions they have: Bengali 3,600, Maori 4,732, German 8,643",
            count=Unknown(reason="a matter of the languages' sizes, not of samples"),
            handling="each language is a split of its own",
        ),
        Issue(
            summary="in Finnish, Japanese, Korean and Chinese the shortest caption is one character long",
            count=Unknown(reason="the statistics tell the shortest text, not how many there are"),
            handling="kept; `mmbench check` lists them",
        ),
    ),
    evidence={
        "languages": "mteb, tasks/retrieval/multilingual/xm3600_t2i_retrieval.py",
        "splits": "mteb, descriptive_stats XM3600T2IRetrieval: 3,600 pictures in each of 36 languages",
        "columns": "that task; the README of floschne/xm3600_1k, which has the same columns, for their kinds",
        "source": "mteb's task pins this commit",
        "known_issues": "the same statistics; CLIP_benchmark, datasets/crossmodal3600.py",
    },
)
