"""Memotion: memes with labels for sentiment, humour, sarcasm, offence and motivation."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNREAD = Unknown(
    reason="the page of the repository that was copied shows 700 rows, 697 of them with text; nobody has counted the copy"
)
OTHER_LABELS = ("humor", "sarcasm", "offensive", "motivational")

CARD = DatasetCard(
    key="memotion",
    title="Memotion (SemEval-2020 task 8)",
    summary="Memes with their corrected captions, labelled for sentiment, and for humour, sarcasm, offence and motivation.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=UNREAD, protocol="the copy's test split, which is not SemEval's")},
    columns={
        "image": "image, and group: memes with the same bytes",
        "text_corrected": "text; none where the upstream has none",
        "sentiment": "target",
        ", ".join(OTHER_LABELS): "meta",
    },
    source=HubSource(
        repo="mteb/MMSoc_Memotion",
        revision="f77e225ae55c1987b0b8cbf6badd1c10296f5f34",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "text_corrected": Column("string", optional=True),
                    "sentiment": Column("label", values=("positive", "neutral", "very_negative")),
                    **{name: Column("label", optional=True) for name in OTHER_LABELS},
                }
            )
        },
        samples=records("image", "text_corrected", target="sentiment", group="image", meta=OTHER_LABELS),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Sharma et al.: SemEval-2020 Task 8: Memotion Analysis – the Visuo-Lingual Metaphor!, SemEval 2020",
    homepage="https://huggingface.co/datasets/mteb/MMSoc_Memotion",
    known_issues=(
        Issue(
            summary="pictures whose file is cut off",
            count=Unknown(reason="reported without a number (mteb, issue 5158)"),
            handling="kept: each fails as a sample and is counted, none is filled with grey",
        ),
        Issue(
            summary="memes without a corrected caption, which another benchmark drops",
            count=Unknown(reason="three of 700 by the two sources above; nobody has counted the copy"),
            handling="kept, with the picture alone",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats MemotionI2TRetrieval: 697 judgements; the page of Ahren09/MMSoc_Memotion",
        "columns": "mteb, tasks/retrieval/eng/memotion_i2t_retrieval.py; whether labels are numbers or words was not read: both are taken",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task, about the copy",
        "known_issues": "mteb, issue 5158; the same file",
    },
)
