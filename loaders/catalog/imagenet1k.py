"""ImageNet-1k: photographs of 1,000 kinds of things."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="imagenet1k",
    title="ImageNet-1k, validation pictures",
    summary="50,000 photographs, 50 for each of 1,000 classes; the most used set for zero-shot classification.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=50000, protocol="the split that the copy calls test"),
    },
    columns={"jpg": "image", "cls": "target: the number of the class"},
    source=HubSource(
        repo="mteb/wds_imagenet1k",
        revision="b54c9af96641d8a2cba5d1144629c724de94ef76",
        tables={"rows": Table({"jpg": Column("image"), "cls": Column("label")})},
        samples=records("jpg", target="cls", group="jpg"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Deng et al.: ImageNet: A large-scale hierarchical image database, CVPR 2009",
    homepage="https://huggingface.co/datasets/mteb/wds_imagenet1k",
    known_issues=(
        Issue(
            summary="the rows number their classes and do not name them (1000 classes)",
            count=1000,
            handling="targets are numbers; the names have to come with the prompts",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats Imagenet1kZeroShot: 50,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/imagenet1k.py pins this commit",
    },
)
