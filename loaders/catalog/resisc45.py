"""RESISC45: remote-sensing pictures of 45 kinds of scene."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="resisc45",
    title="NWPU-RESISC45",
    summary="6,300 remote-sensing pictures in 45 classes of scene.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=6300, protocol="the test split of the copy"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/resisc45",
        revision="a5b7c0d47eb6544fb2ef0d380b9c105f3c6dc259",
        tables={
            "rows": Table({"image": Column("image"), "label": Column("label", values=("airplane", "beach", "stadium"))})
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Cheng, Han and Lu: Remote Sensing Image Scene Classification, Proceedings of the IEEE 105(10), 2017",
    homepage="https://huggingface.co/datasets/mteb/resisc45",
    evidence={
        "splits": "mteb, descriptive_stats RESISC45ZeroShot: 6,300 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/resisc45.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
