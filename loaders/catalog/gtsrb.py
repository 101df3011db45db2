"""GTSRB: photographs of German traffic signs."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="gtsrb",
    title="German Traffic Sign Recognition Benchmark",
    summary="12,630 test photographs of traffic signs in 43 classes.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=12630, protocol="the test split of CLIP_benchmark's copy"),
    },
    columns={"webp": "image", "cls": "target: the number of the class"},
    source=HubSource(
        repo="mteb/wds_gtsrb",
        revision="a8f4bb6c8b6f76f4bdc548a7f2979057e546ab44",
        tables={"rows": Table({"webp": Column("image"), "cls": Column("label")})},
        samples=records("webp", target="cls", group="webp"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Stallkamp et al.: The German Traffic Sign Recognition Benchmark: A multi-class classification competition, IJCNN 2011",
    homepage="https://huggingface.co/datasets/mteb/wds_gtsrb",
    known_issues=(
        Issue(
            summary="the rows number their classes and do not name them (43 classes)",
            count=43,
            handling="targets are numbers; the names have to come with the prompts",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats GTSRBZeroShot: 12,630 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/gtsrb.py pins this commit",
    },
)
