"""Winoground: two pictures and two captions of the same words, to be matched."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="winoground",
    title="Winoground",
    summary="400 examples of two pictures and two captions with the same words in another order; caption 0 belongs to picture 0, "
    "caption 1 to picture 1.",
    task_kinds=("compositional-choice",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=400,
            protocol="all examples; content is picture 0, picture 1, caption 0, caption 1, and the scores are strict: a tie is wrong",
        )
    },
    columns={
        "image_0": "first image",
        "image_1": "second image",
        "caption_0": "first text, of the first image",
        "caption_1": "second text, of the second image",
    },
    source=HubSource(
        repo="facebook/winoground",
        revision="b400e173549071916ad1b3d449293bc8d8b4b763",
        tables={
            "rows": Table(
                {
                    "image_0": Column("image"),
                    "image_1": Column("image"),
                    "caption_0": Column("string", values=("an old person kisses a young person",)),
                    "caption_1": Column("string", values=("a young person kisses an old person",)),
                }
            )
        },
        samples=records("image_0", "image_1", "caption_0", "caption_1"),
    ),
    licence="https://huggingface.co/datasets/facebook/winoground/blob/main/license_agreement.txt",
    access="gated",
    labels_public=True,
    redistributable=False,
    citation="Thrush et al.: Winoground: Probing Vision and Language Models for Visio-Linguistic Compositionality, CVPR 2022",
    homepage="https://huggingface.co/datasets/facebook/winoground",
    evidence={
        "splits": "mteb, descriptive_stats Winoground: 400",
        "columns": "mteb, tasks/image_text_pair_classification/eng/winoground.py",
        "source": "the same task pins this commit",
        "licence": "the metadata of that task",
        "access": "the hub asks for the licence agreement",
    },
)
