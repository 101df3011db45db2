"""Food-101: photographs of dishes."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="food101",
    title="Food-101",
    summary="25,250 photographs of 101 dishes.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=25250, protocol="the split that the copy calls validation"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/food101",
        revision="7cca05bfde8fdad4a9b39ed14a881c800cc1dca2",
        tables={
            "rows": Table({"image": Column("image"), "label": Column("label", values=("apple_pie", "pizza", "sushi"))})
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Bossard, Guillaumin and Van Gool: Food-101 – Mining Discriminative Components with Random Forests, ECCV 2014",
    homepage="https://huggingface.co/datasets/mteb/food101",
    evidence={
        "splits": "mteb, descriptive_stats Food101ZeroShot: 25,250 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/food101.py pins this commit",
        "columns": "the same file; class names are those of the label feature, words joined by _",
    },
)
