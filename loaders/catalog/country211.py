"""Country211: in which of 211 countries a photograph was taken."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="country211",
    title="Country211",
    summary="21,100 photographs from 211 countries; the task is to name the country.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=21100, protocol="the test split of CLIP_benchmark's copy"),
    },
    columns={"jpg": "image", "cls": "target: the number of the class"},
    source=HubSource(
        repo="mteb/wds_country211",
        revision="c3875324cab4803fa6d3afcd5947a97c84fad4c6",
        tables={"rows": Table({"jpg": Column("image"), "cls": Column("label")})},
        samples=records("jpg", target="cls", group="jpg"),
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Radford et al.: Learning Transferable Visual Models From Natural Language Supervision, ICML 2021",
    homepage="https://huggingface.co/datasets/mteb/wds_country211",
    known_issues=(
        Issue(
            summary="the rows number their classes and do not name them (211 classes)",
            count=211,
            handling="targets are numbers; the names have to come with the prompts",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats Country211ZeroShot: 21,100 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/country211.py pins this commit",
        "licence": "the metadata of that task",
    },
)
