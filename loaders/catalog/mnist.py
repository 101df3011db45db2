"""MNIST: handwritten digits."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="mnist",
    title="MNIST",
    summary="10,000 pictures of handwritten digits.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=10000, protocol="the published test split"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/mnist",
        revision="cf6afcbae72cc3bb1fc07a9480fe0d8e0b615fcd",
        tables={"rows": Table({"image": Column("image"), "label": Column("label", values=("0", "4", "7"))})},
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="LeCun et al.: Gradient-based learning applied to document recognition, Proceedings of the IEEE 86(11), 1998",
    homepage="https://huggingface.co/datasets/mteb/mnist",
    evidence={
        "splits": "mteb, descriptive_stats MNISTZeroShot: 10,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/mnist.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
