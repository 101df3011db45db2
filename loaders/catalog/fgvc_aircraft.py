"""FGVC-Aircraft: photographs of aircraft by variant."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="fgvc-aircraft",
    title="FGVC-Aircraft, variants",
    summary="3,333 test photographs of 100 variants of aircraft.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=3333, protocol="the published test split, by variant (not family or manufacturer)"),
    },
    columns={"image": "image", "variant": "target: the name of the class"},
    source=HubSource(
        repo="mteb/FGVCAircraftZeroShot",
        revision="2d33d00400099b87bfec8b04f2876fb10ca07487",
        tables={
            "rows": Table(
                {"image": Column("image"), "variant": Column("label", values=("707-320", "A380", "Spitfire"))}
            )
        },
        samples=records("image", target="variant", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Maji et al.: Fine-Grained Visual Classification of Aircraft, arXiv 1306.5151, 2013",
    homepage="https://huggingface.co/datasets/mteb/FGVCAircraftZeroShot",
    evidence={
        "splits": "mteb, descriptive_stats FGVCAircraftZeroShot: 3,333 samples in 100 classes",
        "source": "mteb, tasks/zeroshot_classification/eng/fgvc_aircraft.py pins this commit",
        "columns": "the same file; class names are those of the variant feature",
    },
)
