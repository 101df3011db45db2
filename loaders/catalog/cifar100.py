"""CIFAR-100: pictures of 32 x 32 pixels in a hundred classes."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="cifar100",
    title="CIFAR-100",
    summary="10,000 test pictures of 32 x 32 pixels in 100 fine classes.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=10000, protocol="the published test split"),
    },
    columns={"img": "image", "fine_label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/cifar100",
        revision="ac5511f885f65fb75d31a9d8810a8440913f7721",
        tables={
            "rows": Table({"img": Column("image"), "fine_label": Column("label", values=("apple", "bicycle", "tiger"))})
        },
        samples=records("img", target="fine_label", group="img"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Krizhevsky: Learning multiple layers of features from tiny images, technical report 2009",
    homepage="https://huggingface.co/datasets/mteb/cifar100",
    evidence={
        "splits": "mteb, descriptive_stats CIFAR100ZeroShot: 10,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/cifar.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
