"""SUN397: photographs of 397 kinds of scene."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _scene(row: Row) -> str | int:
    """``/c/church/outdoor`` is written out as ``church outdoor``; a number stays one."""
    label = row["label"]
    return " ".join(label.split("/")[2:]).replace("_", " ") if isinstance(label, str) else int(label)


CARD = DatasetCard(
    key="sun397",
    title="SUN397",
    summary="21,750 test photographs of 397 kinds of scene.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=21750, protocol="the test split of the copy"),
    },
    columns={"image": "image", "label": "target: the name of the class"},
    source=HubSource(
        repo="mteb/sun397",
        revision="c684cff33166060e2ae05525a5c4abdf5e6d7bce",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "label": Column("label", values=("/b/boat_deck", "/c/church/outdoor", "/a/abbey")),
                }
            )
        },
        samples=records("image", target=_scene, group="image"),
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Xiao et al.: SUN database: Large-scale scene recognition from abbey to zoo, CVPR 2010",
    homepage="https://huggingface.co/datasets/mteb/sun397",
    evidence={
        "splits": "mteb, descriptive_stats SUN397ZeroShot: 21,750 samples",
        "source": "mteb, tasks/classification/eng/sun397_classification.py pins this commit",
        "columns": "mteb, tasks/zeroshot_classification/eng/sun397.py, which shows how classes are named",
    },
)
