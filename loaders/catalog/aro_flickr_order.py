"""ARO's Flickr30k Order: a caption and four shuffles of its words."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="aro-flickr-order",
    title="ARO Flickr30k Order",
    summary="Captions of Flickr30k pictures, each against four shuffles of its own words.",
    task_kinds=("compositional-choice",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=5000, protocol="all 5,000 captions, each a sample of its own")},
    columns={
        "images": "image, group",
        "correct_caption": "first option, target",
        "hard_text_1 to hard_text_4": "the other options",
    },
    source=HubSource(
        repo="mteb/ARO-Flickr-Order",
        revision="e5d7f3502345b2c398a6645b4d09b44e650287bf",
        tables={
            "rows": Table(
                {
                    "images": Column("image"),
                    "correct_caption": Column("string", values=("a man rides a red bike", "a cat sleeps")),
                    "hard_text_1": Column("string", values=("a bike rides a red man", "a cat sleeps")),
                    "hard_text_2": Column("string", values=("red a man bike a rides", "sleeps a cat")),
                    "hard_text_3": Column("string", values=("a red bike a man rides", "cat a sleeps")),
                    "hard_text_4": Column("string", values=("rides a man bike red a", "cat sleeps a")),
                }
            )
        },
        samples=records(
            "images",
            options=lettered("correct_caption", "hard_text_1", "hard_text_2", "hard_text_3", "hard_text_4"),
            target="correct_caption",
            group="images",
        ),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Yuksekgonul et al.: When and why vision-language models behave like bags-of-words, and what to do about it?, ICLR 2023",
    homepage="https://openreview.net/forum?id=KRLUvxh8uaX",
    known_issues=(
        Issue(
            summary="the right caption always comes first, so that a scorer whose ties go to the first option gives 100 % to a model that "
            "scores everything alike",
            count=5000,
            handling="ties count their expected value: such a model gets exactly chance",
        ),
        Issue(
            summary="texts repeat (23,892 distinct of 25,000); how many of them are options of one caption was not counted",
            count=1108,
            handling="kept; options with equal text tie, and ties count their expected value",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats AROFlickrOrder: 5,000 samples",
        "columns": "mteb, tasks/image_text_pair_classification/eng/aro_flickr_order.py",
        "source": "that task pins this commit",
        "licence": "the metadata of that task; it does not cover the pictures, which are Flickr30k's",
        "known_issues": "the same statistics; CLIP_benchmark's and mteb's scoring rules run on constant scores",
    },
)
