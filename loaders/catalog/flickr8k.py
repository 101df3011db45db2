"""Flickr8k, the 1,000 test pictures of Karpathy's split with five captions each."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import captioned_pictures, captioned_shards
from mmbench.loaders.sources import HubSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="flickr8k",
    title="Flickr8k (Karpathy 1K test)",
    summary="Photographs of people and dogs in action with five captions each; the small elder of Flickr30k.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=1000,
            protocol="the repository's test shards: one sample per picture, with all its captions",
        )
    },
    columns={"__key__": "id", "jpg": "image", "txt": "text, one part per line"},
    source=HubSource(
        repo="clip-benchmark/wds_flickr8k",
        revision=Unknown(reason="the hub's page shows only the short id 652f8f3"),
        tables=captioned_shards(
            "A brown dog runs .\nA dog on grass .\nThe dog plays .\nA dog is running .\nA dog outside .\n",
            "Two children climb a wall .\nKids on a wall .\nChildren play .\nA wall and two kids .\nTwo kids climb .",
        ),
        samples=captioned_pictures(),
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Hodosh et al.: Framing Image Description as a Ranking Task, JAIR 2013; split of Karpathy and Fei-Fei, CVPR 2015",
    homepage="https://huggingface.co/datasets/clip-benchmark/wds_flickr8k",
    known_issues=(
        Issue(
            summary="numbers on all 8,000 pictures and on the 1,000 test pictures are both published under this name (CLIP_benchmark#48)",
            count=Unknown(reason="a matter of the split, not of samples"),
            handling="the card's only split is the test split of 1,000 pictures",
        ),
    ),
    evidence={
        "splits": "the hub's viewer of the repository: test, 1k rows, train, 6k rows; Karpathy's test split has 1,000 pictures",
        "columns": "CLIP_benchmark, datasets/builder.py (build_wds_dataset): members jpg or png or webp, and txt with captions one a line",
        "known_issues": "LAION-AI/CLIP_benchmark, issue 48",
    },
)
