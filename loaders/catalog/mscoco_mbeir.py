"""MS COCO in the form of the M-BEIR benchmark, which is not Karpathy's 5K protocol."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import media_with_texts
from mmbench.samples import Modality

CARD = DatasetCard(
    key="mscoco-mbeir",
    title="MS COCO (M-BEIR form)",
    summary="The 5,000 test pictures of MS COCO with captions de-duplicated by text: not comparable with Karpathy's 5K protocol.",
    task_kinds=("retrieval",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=5000,
            protocol="M-BEIR's MSCOCO, not Karpathy's 5K protocol: 24,809 distinct captions and 24,989 judgements; "
            "use coco-karpathy for the numbers of papers",
        )
    },
    columns={
        "queries.id": "id",
        "queries.image": "image",
        "corpus.text": "text, in the order of the judgements",
        "qrels": "which captions belong to which picture",
    },
    source=media_with_texts("mteb/mbeir_mscoco_task3", "ec63d7122301171948387e757351fabd193fc39f", "image"),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Lin et al.: Microsoft COCO, ECCV 2014; Wei et al.: UniIR (M-BEIR), ECCV 2024",
    homepage="https://huggingface.co/datasets/mteb/mbeir_mscoco_task3",
    known_issues=(
        Issue(
            summary="published as MSCOCO, yet the captions are de-duplicated by text: 24,809 of 25,010",
            count=201,
            handling="it has a key and a title of its own, so that nothing else is ranked with it",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats MSCOCOI2TRetrieval: 5,000 queries, 24,809 documents, 4.9978 judgements per query",
        "source": "mteb, tasks/retrieval/eng/mscoco_i2t_retrieval.py pins this commit",
        "licence": "the metadata of that task",
        "known_issues": "the same statistics; AROCocoOrder's for the 25,010 captions of the split",
    },
)
