"""CLEVR: how near the closest object of a rendered scene is."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="clevr-distance",
    title="CLEVR, distance of the closest object",
    summary="15,000 rendered scenes in six steps of distance to the closest object.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=15000, protocol="the test split of VTAB's copy"),
    },
    columns={"webp": "image", "cls": "target: the number of the class"},
    source=HubSource(
        repo="mteb/wds_vtab-clevr_closest_object_distance",
        revision="d2777bb7428d8d74d951b57de0bc2ca5408c4fd4",
        tables={"rows": Table({"webp": Column("image"), "cls": Column("label")})},
        samples=records("webp", target="cls", group="webp"),
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    citation="Johnson et al.: CLEVR: A Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning, CVPR 2017",
    homepage="https://huggingface.co/datasets/mteb/wds_vtab-clevr_closest_object_distance",
    attribution="CLEVR by Johnson et al., CC BY 4.0.",
    known_issues=(
        Issue(
            summary="classes without a name in the list that goes with the set (of 6): the fourth one",
            count=1,
            handling="targets are numbers; a prompt for the fourth class has to be written by whoever evaluates",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats CLEVRZeroShot: 15,000 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/clevr.py pins this commit",
        "licence": "the metadata of that task",
    },
)
