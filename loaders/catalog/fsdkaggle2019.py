"""FSDKaggle2019: everyday sounds with one or more of eighty labels, the curated part."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="fsdkaggle2019",
    title="FSDKaggle2019, curated",
    summary="Everyday sounds from Freesound with one to six of 80 labels: 4,970 curated clips for training, 4,481 for test.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "train": SplitFacts(count=4970, protocol="the curated training clips; the noisy ones are left out"),
        "test": SplitFacts(count=4481, protocol="the test clips, once each"),
    },
    columns={"audio": "audio, and group: clips with the same bytes", "sound": "target: the list of labels"},
    source=HubSource(
        repo="mteb/fsdkaggle2019-parquet",
        revision="ff7e6d9e57951b90024fcb6d4aef95d97f4fc64e",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "sound": Column("strings", values=(["Purr"], ["Tap", "Knock"], ["Crowd", "Applause", "Cheering"])),
                },
                config="curated",
            )
        },
        samples=records("audio", target="sound", group="audio"),
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Fonseca et al.: FSDKaggle2019, Zenodo, doi 10.5281/zenodo.3612637, 2020",
    homepage="https://huggingface.co/datasets/mteb/fsdkaggle2019-parquet",
    known_issues=(
        Issue(
            summary="test clips that stand in both configurations, curated and noisy: 8,962 rows, but 4,481 distinct clips",
            count=4481,
            handling="only the curated configuration is read, so that each clip counts once",
        ),
        Issue(
            summary="curated training clips that repeat another one (4,969 distinct of 4,970)",
            count=1,
            handling="copies share a group",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats FSD2019Kaggle, per configuration",
        "columns": "mteb, tasks/multilabel_classification/eng/fsd2019_kaggle.py; the labels in those statistics",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task; clips of Freesound have licences of their own, so nothing is embedded",
        "known_issues": "those statistics: numbers of distinct sounds",
    },
)
