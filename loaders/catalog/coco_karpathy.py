"""MS COCO captions, the 5,000 test pictures of Karpathy's split."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import captioned_pictures, captioned_shards
from mmbench.loaders.sources import HubSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="coco-karpathy",
    title="MS COCO captions (Karpathy 5K test)",
    summary="Photographs of everyday scenes with five captions each: the test split that papers on image-text retrieval report.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=5000,
            protocol="Karpathy's 5K test split: one sample per picture, with all its captions; meta holds the fold (0 to 4) of the "
            "1K protocol, which is the mean over five consecutive folds of 1,000 pictures",
        )
    },
    columns={"__key__": "id", "jpg": "image", "txt": "text, one part per line", "position": "meta: fold"},
    source=HubSource(
        repo="clip-benchmark/wds_mscoco_captions",
        revision="3bf9ad5d280b03126293bcc691585015e29ce691",
        tables=captioned_shards(
            "A man rides a bike.\nA bicycle on a road.\nA cyclist.\nMan cycling.\nA rider on a street.",
            "A cat.\nA cat sleeps on a couch.\nCat on sofa.\nA sleeping cat.\nThe cat naps.\nA sixth caption.\n",
        ),
        samples=captioned_pictures(fold=1000),
    ),
    licence=Unknown(
        reason="the repository's page states none; the captions of COCO are CC-BY-4.0, its pictures belong to their authors"
    ),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Lin et al.: Microsoft COCO, ECCV 2014; Chen et al.: Microsoft COCO Captions, 2015; split of Karpathy and Fei-Fei, CVPR 2015",
    homepage="https://huggingface.co/datasets/clip-benchmark/wds_mscoco_captions",
    known_issues=(
        Issue(
            summary="the pairs leave out most matches: where people looked, a caption fits 8.5 pictures on average",
            count=Unknown(reason="only 1,332 captions and 1,261 pictures were judged by people"),
            handling='richer judgements on COCO ids: load_judgements("eccv") and load_judgements("cxc")',
        ),
        Issue(
            summary="the keys are running numbers, not COCO ids, so that judgements on COCO ids cannot be joined by id",
            count=5000,
            handling="ids are kept as they are; nothing is joined by position",
        ),
        Issue(
            summary="the folds follow the order of this repository, which need not be the order of Karpathy's list that papers cut",
            count=Unknown(reason="the order was not compared"),
            handling="fold is the position in this repository divided by 1,000; a 1K number may be a mean over other folds than a paper's",
        ),
        Issue(
            summary="COCO has 25,010 captions for these pictures; papers keep the first five per picture (25,000)",
            count=10,
            handling="all captions that the repository holds are kept",
        ),
    ),
    evidence={
        "splits": "the hub's viewer of the repository: test, 5k rows; eccv-caption, coco_test_ids.npy: 5,000 pictures, 25,000 captions",
        "columns": "CLIP_benchmark, datasets/builder.py (build_wds_dataset): members jpg or png or webp, and txt with captions one a line",
        "source": "the repository's page shows this commit, and its short form 3bf9ad5 as the last one; no task that was read pins it",
        "known_issues": "eccv-caption 0.1.0 (README, data); CLIP_benchmark, webdataset_builder.py (keys s0000000, s0000001, …); mteb, "
        "descriptive_stats AROCocoOrder: 25,010 captions of the same split",
        "licence": "COCO captions are CC-BY-4.0: the notice of SugarCrepe's data",
    },
)
