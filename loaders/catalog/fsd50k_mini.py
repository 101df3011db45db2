"""FSD50K mini: everyday sounds with one or more labels, the subset that mteb evaluates on."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

LABELS = (
    "Electric_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music",
    "Coin_(dropping),Domestic_sounds_and_home_sounds",
    "Water",
)


def _labels(row: Row) -> list[str]:
    return [label for label in str(row["labels"]).split(",") if label]


CARD = DatasetCard(
    key="fsd50k-mini",
    title="FSD50K, subset of mteb",
    summary="Everyday sounds from Freesound, each with all of its labels in the AudioSet ontology: 2,048 for training, 2,048 for test.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "train": SplitFacts(count=2048, protocol="a subset that mteb drew; not FSD50K's own split"),
        "test": SplitFacts(count=2048, protocol="a subset that mteb drew; not FSD50K's own evaluation set"),
    },
    columns={"audio": "audio", "labels": "target: the list of labels, the most specific ones first"},
    source=HubSource(
        repo="mteb/fsd50k_mini",
        revision="a574eeb10bb11d28eff83dd522151028d529551d",
        tables={"rows": Table({"audio": Column("audio"), "labels": Column("string", values=LABELS)})},
        samples=records("audio", target=_labels, group="audio"),
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Fonseca et al.: FSD50K: An Open Dataset of Human-Labeled Sound Events, IEEE/ACM TASLP 30, 2022",
    homepage="https://huggingface.co/datasets/mteb/fsd50k_mini",
    known_issues=(
        Issue(
            summary="labels stand in one string with commas between them: read as one label, the test split has this many classes",
            count=898,
            handling="split at the commas; the target is a list",
        ),
        Issue(
            summary="clips of one uploader are not known as such",
            count=Unknown(reason="no source that was read names a column for the uploader"),
            handling="none",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats FSD50K: 2,048 samples; its task's metadata calls it a subsampled version",
        "columns": "mteb, tasks/multilabel_classification/eng/fsd50_hf.py; the strings of labels in those statistics",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task; clips of Freesound have licences of their own, so nothing is embedded",
        "known_issues": "those statistics: 898 labels, one per sample",
    },
)
