"""Describable Textures: photographs of 47 kinds of texture."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="dtd",
    title="Describable Textures",
    summary="1,880 test photographs in 47 classes of texture.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=1880, protocol="the test split of the copy"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/dtd",
        revision="96726183040de9e64a590d08eaac8de940dfcbdf",
        tables={
            "rows": Table(
                {"image": Column("image"), "label": Column("label", values=("banded", "dotted", "zigzagged"))}
            )
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Cimpoi et al.: Describing Textures in the Wild, CVPR 2014",
    homepage="https://huggingface.co/datasets/mteb/dtd",
    evidence={
        "splits": "mteb, descriptive_stats DTDZeroShot: 1,880 samples",
        "source": "mteb, tasks/classification/eng/dtd_classification.py pins this commit",
        "columns": "mteb, tasks/zeroshot_classification/eng/dtd.py; class names are those of the label feature",
    },
)
