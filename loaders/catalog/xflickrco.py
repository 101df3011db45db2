"""xFlickr&CO: 2,000 pictures of Flickr30k and COCO with one caption in each of eight languages."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

LANGUAGES = ("de", "en", "es", "id", "ja", "ru", "tr", "zh")

CARD = DatasetCard(
    key="xflickrco",
    title="xFlickr&CO",
    summary="2,000 test pictures of Flickr30k and COCO with one caption in each of eight languages; part of the IGLUE benchmark.",
    task_kinds=("retrieval",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=LANGUAGES,
    splits={
        language: SplitFacts(count=2000, protocol=f"all 2,000 pictures, each with its caption in {language}")
        for language in LANGUAGES
    },
    columns={"id": "id, group", "image": "image", "sentences": "text, in the language of the split"},
    source=HubSource(
        repo="mteb/xflickrco",
        revision="4da629e05455d757306174cdc72f2edfe00b9027",
        tables={
            "rows": Table(
                {
                    "id": Column("string"),
                    "image": Column("image"),
                    "sentences": Column("string", values=("Zwei Hunde laufen.", "赤いボート。", "Две собаки бегут.")),
                }
            )
        },
        samples=records("image", "sentences", id="id", group="id", language="{split}"),
    ),
    licence=Unknown(
        reason="mteb's metadata says CC-BY-SA-4.0, the page of the copy that it was made from (floschne/xflickrco) CC-BY-4.0"
    ),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Bugliarello et al.: IGLUE: A Benchmark for Transfer Learning across Modalities, Tasks, and Languages, ICML 2022",
    homepage="https://huggingface.co/datasets/mteb/xflickrco",
    known_issues=(
        Issue(
            summary="captions repeat inside a language (German 6, Russian 3, Turkish 3, Chinese 1)",
            count=13,
            handling="galleries hold distinct content; every picture with that caption is right for it",
        ),
        Issue(
            summary="in German and Indonesian the shortest caption has four characters, which describes no picture",
            count=Unknown(reason="the statistics tell the shortest text, not how many there are"),
            handling="kept; `mmbench check` lists them",
        ),
    ),
    evidence={
        "languages": "mteb, tasks/retrieval/multilingual/x_flickr30k_co_t2i_retrieval.py",
        "splits": "mteb, descriptive_stats XFlickr30kCoT2IRetrieval; the README of floschne/xflickrco: 2,000 rows per language",
        "columns": "the same README",
        "source": "mteb pins this commit",
        "known_issues": "the same statistics: 1,994, 1,997, 1,997 and 1,999 distinct texts",
    },
)
