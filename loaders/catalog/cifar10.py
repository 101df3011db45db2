"""CIFAR-10: pictures of 32 x 32 pixels in ten classes."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="cifar10",
    title="CIFAR-10",
    summary="10,000 test pictures of 32 x 32 pixels in ten classes.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=10000, protocol="the published test split"),
    },
    columns={"img": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/cifar10",
        revision="69a62dd171e24a133d193073e73fda4dbb823266",
        tables={"rows": Table({"img": Column("image"), "label": Column("label", values=("airplane", "cat", "ship"))})},
        samples=records("img", target="label", group="img"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Krizhevsky: Learning multiple layers of features from tiny images, technical report 2009",
    homepage="https://huggingface.co/datasets/mteb/cifar10",
    evidence={
        "splits": "mteb, descriptive_stats CIFAR10ZeroShot: 10,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/cifar.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
