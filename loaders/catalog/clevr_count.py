"""CLEVR: how many objects a rendered scene holds."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import class_name, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CLASSES = ("three", "four", "five", "six", "seven", "eight", "nine", "ten")

CARD = DatasetCard(
    key="clevr-count",
    title="CLEVR, number of objects",
    summary="15,000 rendered scenes with three to ten objects.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=15000, protocol="the test split of VTAB's copy"),
    },
    columns={"webp": "image", "cls": "target: the name of the class"},
    source=HubSource(
        repo="mteb/wds_vtab-clevr_count_all",
        revision="2e31935f1deb7d22306d3bcb02b76c7cd87a10b3",
        tables={"rows": Table({"webp": Column("image"), "cls": Column("label", values=tuple(range(8)))})},
        samples=records("webp", target=class_name("cls", CLASSES), group="webp"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Johnson et al.: CLEVR: A Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning, CVPR 2017",
    homepage="https://huggingface.co/datasets/mteb/wds_vtab-clevr_count_all",
    evidence={
        "splits": "mteb, descriptive_stats CLEVRCountZeroShot: 15,000 samples in 8 classes",
        "source": "mteb, tasks/zeroshot_classification/eng/clevr.py pins this commit",
        "columns": "the same file, with the names of the classes in order",
    },
)
