"""ESC-50: environmental sounds in fifty classes and five folds."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="esc50",
    title="ESC-50",
    summary="2,000 environmental sounds in 50 classes, in five folds that keep clips of one source recording together.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "all": SplitFacts(
            count=2000, protocol="one set in five published folds (meta.fold): mean over folds, never pooled"
        )
    },
    columns={
        "audio": "audio",
        "category": "target: the name of the class, words joined by _",
        "filename": "id",
        "src_file": "group: the recording that the clip was cut from",
        "fold": "meta.fold, 1 to 5",
        "esc10": "meta.esc10: whether the clip belongs to ESC-10",
    },
    source=HubSource(
        repo="mteb/esc50",
        revision="31ea534771aaf92c116698355e5cdc2ffda4bb6d",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "category": Column("string", values=("dog", "sea_waves", "chainsaw", "rooster")),
                    "filename": Column("string"),
                    "src_file": Column("integer", values=(100032, 100032, 100038, 100210)),
                    "fold": Column("integer", values=(1, 1, 2, 3, 4, 5)),
                    "esc10": Column("boolean"),
                }
            )
        },
        samples=records("audio", id="filename", target="category", group="src_file", meta=("fold", "esc10")),
        splits={"all": "train"},
    ),
    licence="CC-BY-NC-SA-3.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Piczak: ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015",
    homepage="https://huggingface.co/datasets/mteb/esc50",
    evidence={
        "splits": "mteb, descriptive_stats ESC50_Zeroshot: 2,000 samples in the upstream's split train",
        "columns": "the schema of ashraq/esc50, of which the repository is a copy",
        "source": "mteb, tasks/zeroshot_classification/zxx/esc50.py pins this commit",
        "licence": "the metadata of that task",
    },
)
