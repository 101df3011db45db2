"""STL-10: pictures of 96 x 96 pixels in ten classes."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="stl10",
    title="STL-10",
    summary="8,000 test pictures of 96 x 96 pixels in ten classes.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=8000, protocol="the published test split"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/stl10",
        revision="2da456fe65204f88c2cb5e5ff17f85f442ef3eaa",
        tables={
            "rows": Table({"image": Column("image"), "label": Column("label", values=("airplane", "bird", "truck"))})
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Coates, Ng and Lee: An Analysis of Single-Layer Networks in Unsupervised Feature Learning, AISTATS 2011",
    homepage="https://huggingface.co/datasets/mteb/stl10",
    evidence={
        "splits": "mteb, descriptive_stats STL10ZeroShot: 8,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/stl10.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
