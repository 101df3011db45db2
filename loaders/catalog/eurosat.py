"""EuroSAT: satellite pictures of ten kinds of land."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="eurosat",
    title="EuroSAT, RGB",
    summary="5,400 satellite pictures of 64 x 64 pixels in ten classes of land use.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=5400, protocol="the test split of the copy (timm/eurosat-rgb)"),
    },
    columns={"image": "image", "label": "target: the class, by name where the file names it"},
    source=HubSource(
        repo="mteb/eurosat-rgb",
        revision="da02b77448e750b3b034e0b5da008167b9706571",
        tables={
            "rows": Table(
                {"image": Column("image"), "label": Column("label", values=("AnnualCrop", "Forest", "River"))}
            )
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Helber et al.: EuroSAT: A Novel Dataset and Deep Learning Benchmark for Land Use …, IEEE JSTARS 12(7), 2019",
    homepage="https://huggingface.co/datasets/mteb/eurosat-rgb",
    evidence={
        "splits": "mteb, descriptive_stats EuroSATZeroShot: 5,400 samples in 10 classes",
        "source": "mteb, tasks/classification/eng/euro_sat_classification.py pins this commit",
        "columns": "mteb, tasks/zeroshot_classification/eng/euro_sat.py: image and label",
    },
)
