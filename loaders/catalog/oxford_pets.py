"""Oxford-IIIT Pet: photographs of breeds of cats and dogs."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="oxford-pets",
    title="Oxford-IIIT Pet",
    summary="3,669 test photographs of breeds of cats and dogs.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=3669, protocol="the published test split"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/OxfordPets",
        revision="557b480fae8d69247be74d9503b378a09425096f",
        tables={
            "rows": Table({"image": Column("image"), "label": Column("label", values=("Abyssinian", "beagle", "pug"))})
        },
        samples=records("image", target="label", group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Parkhi et al.: Cats and Dogs, CVPR 2012",
    homepage="https://huggingface.co/datasets/mteb/OxfordPets",
    evidence={
        "splits": "mteb, descriptive_stats OxfordPetsZeroShot: 3,669 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/oxford_pets.py pins this commit",
        "columns": "the same file; class names are those of the label feature",
    },
)
