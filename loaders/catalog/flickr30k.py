"""Flickr30k, the 1,000 test pictures of Karpathy's split with five captions each."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import media_with_texts
from mmbench.samples import Modality

CARD = DatasetCard(
    key="flickr30k",
    title="Flickr30k (Karpathy 1K test)",
    summary="Photographs of everyday scenes with five captions each: 1,000 pictures, 5,000 captions.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=1000,
            protocol="Karpathy's 1K test split: one sample per picture, with its five captions",
        )
    },
    columns={
        "queries.id": "id",
        "queries.image": "image",
        "corpus.text": "text, in the order of the judgements",
        "qrels": "which captions belong to which picture",
    },
    source=media_with_texts("mteb/flickr30ki2t", "e26fbfcb4532ab61e3c8512fdf3dd9008f2575bd", "image"),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Young et al.: From image descriptions to visual denotations, TACL 2014; split of Karpathy and Fei-Fei, CVPR 2015",
    homepage="https://huggingface.co/datasets/mteb/flickr30ki2t",
    known_issues=(
        Issue(
            summary="one caption stands under two ids (4,999 distinct texts of 5,000)",
            count=1,
            handling="galleries hold distinct content; both pictures are right for it",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats Flickr30kI2TRetrieval: 1,000 queries, 5,000 documents, 5,000 judgements",
        "source": "mteb, tasks/retrieval/eng/flickr30k_i2t_retrieval.py pins this commit",
        "licence": "the metadata of that task",
    },
)
