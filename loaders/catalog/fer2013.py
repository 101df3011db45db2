"""FER2013: faces that show one of seven emotions."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import class_name, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")

CARD = DatasetCard(
    key="fer2013",
    title="FER2013",
    summary="7,178 pictures of faces in seven classes of emotion.",
    task_kinds=("zero-shot-classification", "emotion-classification"),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=7178, protocol="the test split of CLIP_benchmark's copy"),
    },
    columns={"jpg": "image", "cls": "target: the name of the class"},
    source=HubSource(
        repo="mteb/wds_fer2013",
        revision="d9cabab388cb32bc071a1601ef68cb2f70ca0ba7",
        tables={"rows": Table({"jpg": Column("image"), "cls": Column("label", values=tuple(range(7)))})},
        samples=records("jpg", target=class_name("cls", CLASSES), group="jpg"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Goodfellow et al.: Challenges in Representation Learning: A report on three machine learning contests, ICONIP 2013",
    homepage="https://huggingface.co/datasets/mteb/wds_fer2013",
    evidence={
        "splits": "mteb, descriptive_stats FER2013ZeroShot: 7,178 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/fer2013.py pins this commit",
        "columns": "the same file, with the names of the classes in order",
    },
)
