"""Stanford Cars: photographs of cars by make, model and year."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="stanford-cars",
    title="Stanford Cars",
    summary="8,041 test photographs of cars by make, model and year.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=8041, protocol="the published test split"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/StanfordCars",
        revision="09ffe9bc7864d3f1e851529e5c4b7e05601a04fb",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "label": Column("label", values=("Acura RL Sedan 2012", "BMW M3 Coupe 2012", "Ford GT Coupe 2006")),
                }
            )
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Krause et al.: Collecting a Large-scale Dataset of Fine-grained Cars, 2013",
    homepage="https://huggingface.co/datasets/mteb/StanfordCars",
    evidence={
        "splits": "mteb, descriptive_stats StanfordCarsZeroShot: 8,041 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/stanford_cars.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
