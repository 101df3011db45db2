"""UrbanSound8K: sounds of the city in ten classes and ten folds."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="urbansound8k",
    title="UrbanSound8K",
    summary="8,732 sounds of the city of up to four seconds in ten classes, in ten folds that keep clips of one recording together.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "all": SplitFacts(
            count=8732, protocol="one set in ten published folds (meta.fold): mean over folds, never reshuffled"
        )
    },
    columns={
        "audio": "audio",
        "class": "target: the name of the class, words joined by _",
        "slice_file_name": "id",
        "fsID": "group: the Freesound recording that the clip was cut from",
        "fold": "meta.fold, 1 to 10",
        "salience, start, end": "meta",
    },
    source=HubSource(
        repo="mteb/urbansound8K",
        revision="5b3867ddd7583a24871acdf6eb5494696ddd4cbc",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "class": Column("string", values=("dog_bark", "siren", "street_music")),
                    "slice_file_name": Column("string"),
                    "fsID": Column("integer", values=(100032, 100263, 100263, 100263, 100648)),
                    "fold": Column("integer", values=(5, 1, 1, 1, 10)),
                    "salience": Column("integer", values=(1, 2)),
                    "start": Column("number"),
                    "end": Column("number"),
                }
            )
        },
        samples=records(
            "audio", id="slice_file_name", target="class", group="fsID", meta=("fold", "salience", "start", "end")
        ),
        splits={"all": "train"},
    ),
    licence="CC-BY-NC-SA-3.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Salamon, Jacoby and Bello: A Dataset and Taxonomy for Urban Sound Research, ACM Multimedia 2014",
    homepage="https://huggingface.co/datasets/mteb/urbansound8K",
    known_issues=(
        Issue(
            summary="distinct texts among the 5,090 documents of the retrieval form that another benchmark made of the set: with one "
            "document right per query, a perfect model finds about 1 % of them",
            count=10,
            handling="the set is offered as classification over its folds, not as retrieval",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats UrbanSound8k: 8,732 samples, all distinct, in the upstream's split train",
        "columns": "the schema of danavery/urbansound8K, of which the repository is a copy",
        "source": "mteb, tasks/classification/zxx/urban_sound8k.py pins this commit",
        "licence": "the metadata of that task",
        "known_issues": "mteb, descriptive_stats UrbanSound8KA2TRetrieval",
    },
)
