"""Hateful Memes: is a picture with its caption hateful?"""

from mmbench.files import digest
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _caption(row: Row) -> str:
    """What memes with the same caption share: a hateful one and those that were made harmless by another picture."""
    return digest(row["text"])[:16]


CARD = DatasetCard(
    key="hateful-memes",
    title="Hateful Memes",
    summary="Memes with their captions, hateful or not; many captions stand under a hateful picture and under a harmless one, so "
    "that neither picture nor caption is enough.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "train": SplitFacts(
            count=Unknown(reason="the page of the repository that was copied shows 8.5k, rounded"),
            protocol="the copy's train split",
        ),
        "validation": SplitFacts(
            count=Unknown(reason="the page of the repository that was copied shows 500; nobody has counted the copy"),
            protocol="the copy's validation split",
        ),
        "test": SplitFacts(count=1000, protocol="the copy's test split; scored by the area under the ROC curve"),
    },
    columns={"image": "image", "text": "text, and group: memes with the same caption", "label": "target: 1 is hateful"},
    source=HubSource(
        repo="mteb/MMSoc_HatefulMemes",
        revision="852290806bbf9d660f5c04c246f81ce38bfc1d48",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "text": Column(
                        "string", values=("look how many people love you", "look how many people love you", "a walk")
                    ),
                    "label": Column("label", values=(1, 0, 0)),
                }
            )
        },
        samples=records("image", "text", target="label", group=_caption),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Kiela et al.: The Hateful Memes Challenge: Detecting Hate Speech in Multimodal Memes, NeurIPS 2020",
    homepage="https://huggingface.co/datasets/mteb/MMSoc_HatefulMemes",
    known_issues=(
        Issue(
            summary="test captions that repeat another one (829 distinct of 1,000): as retrieval, where another benchmark removes the "
            "copies from its gallery and keeps the judgements, a perfect model reaches about 82.9 %",
            count=171,
            handling="offered as classification; memes with the same caption share a group",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats HatefulMemesI2TRetrieval: 1,000 judgements; the page of Ahren09/MMSoc_HatefulMemes",
        "columns": "mteb, tasks/retrieval/eng/hateful_memes_i2t_retrieval.py",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task, about the copy; the terms of the original were not read",
        "known_issues": "the same statistics and file",
    },
)
